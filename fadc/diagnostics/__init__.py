"""Diagnostics, their rules, and how to make one.

The package is cheap to import, since every command does so; a rule's own file is imported when it
is needed.
"""

from fadc.diagnostics.catalogue import all_rules, codes, make, rule
from fadc.diagnostics.diagnostic import Diagnostic, Edit, Fix, Severity, has_errors
from fadc.diagnostics.rule import Example, Rule

__all__ = [
    "Diagnostic",
    "Edit",
    "Example",
    "Fix",
    "Rule",
    "Severity",
    "all_rules",
    "codes",
    "has_errors",
    "make",
    "rule",
]
