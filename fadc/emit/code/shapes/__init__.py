"""The layouts of each kind of node, for lines of any length, as ruff formats them."""

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
