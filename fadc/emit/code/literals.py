"""The spelling of strings and numbers: double quotes are used where they need no more escapes.

'a'  →  "a"       u"a"  →  "a"       0XfF  →  0xFF       1.E+5J  →  1.0e5j
"""

from __future__ import annotations

import re

_PREFIX = re.compile(r"[A-Za-z]*")
_ESCAPE = re.compile(
    r"\\(?:(?P<hex>x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"
    r"|(?P<name>N\{[^}]*\})|(?P<other>.))|(?P<quote>['\"])",
    re.DOTALL,
)
_FLOAT = re.compile(r"(?P<whole>[\d_]*)(?P<rest>\.[\d_]*)?(?:[eE]\+?(?P<exponent>-?[\d_]+))?")


def quoted(text: str) -> str:
    """The literal of a string.

    it's "so"  →  'it\\'s "so"'
    """
    return string(repr(text))


def string(written: str) -> str:
    """A string literal, spelled as ruff does; f-strings stay as they are."""
    prefix = _PREFIX.match(written)[0]  # type: ignore[index]
    rest = written[len(prefix) :]
    length = 3 if rest[:3] in ('"""', "'''") else 1
    mark, body = rest[:length], rest[length:-length]
    prefix = "".join(letter if letter == "R" else letter.lower() for letter in prefix)
    prefix = prefix.replace("u", "")
    if "f" in prefix or "t" in prefix:
        return written
    if "r" in prefix.lower() or length == 3:
        mark = mark if '"' in body else '"' * length
        return (
            prefix + mark + (body if "r" in prefix.lower() else _escapes(body, "", prefix)) + mark
        )
    mark = "'" if body.count('"') > body.count("'") else '"'
    return prefix + mark + _escapes(body, mark, prefix) + mark


def _escapes(body: str, mark: str, prefix: str) -> str:
    """The content of a string, in which only its own quotes are escaped."""

    def spelled(found: re.Match[str]) -> str:
        quote = found["quote"] or (found["other"] if found["other"] in ("'", '"') else None)
        if quote and mark:
            return "\\" + quote if quote == mark else quote
        if found["hex"] and (found["hex"][0] == "x" or "b" not in prefix):
            return "\\" + found["hex"][0] + found["hex"][1:].lower()
        if found["name"] and "b" not in prefix:
            return found[0].upper()
        return found[0]

    return _ESCAPE.sub(spelled, body)


def number(written: str) -> str:
    """A number, spelled as ruff does."""
    if written[:2].lower() in ("0x", "0o", "0b"):
        return written[:2].lower() + written[2:].upper()
    imaginary = written[-1] in "jJ"
    found = _FLOAT.fullmatch(written[:-1] if imaginary else written)
    if found is None:
        return written
    whole, rest, exponent = found["whole"] or "0", found["rest"] or "", found["exponent"]
    rest = ".0" if rest == "." else rest
    return f"{whole}{rest}{f'e{exponent}' if exponent else ''}{'j' if imaginary else ''}"
