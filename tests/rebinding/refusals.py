"""The refusals that the documentation speaks of: what may be answered instead of a derivative."""

from __future__ import annotations

from collections.abc import Iterable

from fadc.diagnostics import Diagnostic

from .derivations import Derivation

REASONS = {
    "FAD404": "stateless clients cannot keep what --residuals rebroadcast would have to send again",
    "FAD417": "JAX pushes no tangent through a jax.custom_vjp",
}
"""Why each code is no failure."""

PLANS = ("cannot be pushed forward", "has to be pulled back")
"""What `--accumulate` is told where a plan does not fit a program."""


def is_documented(codes: Iterable[str], derivation: Derivation, source: str) -> bool:
    """Whether all of these errors are refusals that the documentation speaks of."""
    return all(_is_documented(code, derivation, source) for code in codes)


def _is_documented(code: str, derivation: Derivation, source: str) -> bool:
    if code == "FAD404":
        return derivation.residuals == "rebroadcast"
    pushes = derivation.mode == "forward" or ("all", "pushforward") in derivation.accumulate
    return code == "FAD417" and pushes and "custom_vjp" in source


def errors(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Those that refuse a program."""
    return [each for each in diagnostics if each.severity.value == "error"]
