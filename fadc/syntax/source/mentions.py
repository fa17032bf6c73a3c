"""Whether a text can have to do with fadc at all: most files do not, and need not be parsed."""

import re
import unicodedata

_MARK = re.compile(r"^[ \t]*@(\w+\.)*computation\b", re.MULTILINE)
"""A computation in a file that has fadc by way of another file."""


def mentions_fadc(source: str) -> bool:
    """Whether the name stands in a text as Python reads it, which is in Unicode's form NFKC.

    A program that imports `ｆａｄｃ` would otherwise go unchecked, and so would one that has fadc under
    another name from a file of its own.
    """
    if "fadc" in source or "@" in source and _MARK.search(source):
        return True
    return not source.isascii() and "fadc" in unicodedata.normalize("NFKC", source)
