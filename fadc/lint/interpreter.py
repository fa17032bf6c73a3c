"""The interpreter of local functions, made of the readers of expressions, calls and bodies."""

from __future__ import annotations

from fadc.lint.calls import call
from fadc.lint.expressions import evaluate
from fadc.lint.frame import Interpreter
from fadc.lint.statements import run

INTERPRETER = Interpreter(evaluate, call, run)
