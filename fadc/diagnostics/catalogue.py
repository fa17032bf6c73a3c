"""Finds the rules: one file per code, imported when it is first needed.

There is no list to keep and no registration: the package's directory is the catalogue.
"""

import importlib
import os
from functools import cache

from fadc.diagnostics.diagnostic import Diagnostic
from fadc.diagnostics.rule import Rule
from fadc.span import Span


@cache
def _modules() -> dict[str, str]:
    """Module name by code, in the order of the codes."""
    names = (name.partition(".")[0] for name in os.listdir(os.path.dirname(__file__)))
    return {name[:6].upper(): name for name in sorted(names) if name[3:6].isdigit()}


def codes() -> tuple[str, ...]:
    """All codes, sorted."""
    return tuple(_modules())


@cache
def rule(code: str) -> Rule:
    """The rule of a code, importing that one file. Raises KeyError for an unknown code."""
    found = importlib.import_module(f"fadc.diagnostics.{_modules()[code]}").RULE
    assert isinstance(found, Rule)
    return found


def all_rules() -> tuple[Rule, ...]:
    """Every rule, sorted by code."""
    return tuple(rule(code) for code in codes())


def make(
    code: str, span: Span, *, related: tuple[tuple[Span, str], ...] = (), **slots: object
) -> Diagnostic:
    """The diagnostic of a rule at a span; the slots must be exactly those of its templates."""
    found = rule(code)
    if set(slots) != found.slots:
        raise KeyError(f"{code} has the slots {sorted(found.slots)}, not {sorted(slots)}")
    texts = {name: " ".join(str(slot).split()) for name, slot in slots.items()}  # On one line.
    message, help = found.message.format(**texts), found.help.format(**texts)
    return Diagnostic(found.code, found.name, found.severity, message, span, help, related)
