"""What each kind of node looks like on lines of any length, as ruff would have it."""

from fadc.emit.code.shapes import (  # noqa: F401 (they register the shapes of their nodes)
    arguments,
    assignments,
    brackets,
    chains,
    comprehensions,
    headers,
    lambdas,
    operations,
    parameters,
    statements,
    strings,
)
