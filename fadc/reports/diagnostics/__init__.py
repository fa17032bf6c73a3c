"""Diagnostics as text, one file per format.

Each file has one function `render` from the diagnostics and the sources (by the spans' paths) to
the whole text to print. A text that is not empty ends with a newline.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence

from fadc.diagnostics import Diagnostic

Format = Callable[[Sequence[Diagnostic], Mapping[str, str]], str]

FORMATS = ("full", "concise", "json", "json-lines", "github", "gitlab", "sarif")


def formatter(name: str) -> Format:
    """The format with a name in FORMATS. Only its file is imported, to save time."""
    render: Format = importlib.import_module(f"{__name__}.{name.replace('-', '_')}").render
    return render
