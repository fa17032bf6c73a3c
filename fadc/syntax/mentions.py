"""Whether a text can have to do with fadc at all: most files do not, and need not be parsed."""

import unicodedata


def mentions_fadc(source: str) -> bool:
    """Whether the name stands in a text as Python reads it, which is in Unicode's form NFKC.

    A program that imports `ｆａｄｃ` would otherwise go unchecked.
    """
    if "fadc" in source:
        return True
    return not source.isascii() and "fadc" in unicodedata.normalize("NFKC", source)
