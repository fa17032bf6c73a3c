"""Whether a text may use fadc at all: most files do not, and need not be parsed."""

import re
import unicodedata

_MARK = re.compile(r"^[ \t]*@(\w+\.)*computation\b", re.MULTILINE)
"""A computation in a file that imports fadc through another file."""


def mentions_fadc(source: str) -> bool:
    """Whether fadc's name occurs in a text as Python reads it, in Unicode's normal form NFKC.

    Otherwise a program that imports `ｆａｄｃ` would not be checked, nor one that imports fadc under
    another name from a file of its own.
    """
    if "fadc" in source or "@" in source and _MARK.search(source):
        return True
    return not source.isascii() and "fadc" in unicodedata.normalize("NFKC", source)
