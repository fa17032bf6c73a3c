"""The passes after a derivation, in order, each followed by the verifier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fadc.analyses.activity import inputs_of
from fadc.analyses.levels import late_levels
from fadc.diagnostics import Diagnostic
from fadc.ir import Computation, Placement, placement
from fadc.ir.verifier import verify
from fadc.passes.complete_choices import complete_choices
from fadc.passes.keep_residuals import keep_residuals
from fadc.passes.merge_messages import merge_messages
from fadc.passes.rebroadcast import rebroadcast
from fadc.passes.separate_columns import separate_columns
from fadc.passes.simplify import simplify

PASSES = ("read", "differentiate", "simplify", "rebroadcast", "residuals", "messages")
"""The names that ``--dump-after`` takes."""

Dump = Callable[[str, Computation], None]


def show_nothing(name: str, computation: Computation) -> None:
    """The dump function where no dump is asked for."""


def finish(
    computation: Computation,
    resend: bool,
    diagnostics: list[Diagnostic],
    dump: Dump = show_nothing,
) -> Computation:
    """Run all passes over a derived computation; ``dump`` is called after each.

    With ``resend`` clients are stateless; client state that no round can rebuild is reported in the
    diagnostics.
    """
    return merge(prepare(computation, resend, diagnostics, dump), resend, dump)


def prepare(
    computation: Computation,
    resend: bool,
    diagnostics: list[Diagnostic],
    dump: Dump = show_nothing,
) -> Computation:
    """The passes before messages are merged; they run over both sweeps together."""
    _done("differentiate", computation, dump, linked=True)
    computation = _simplify(computation, resend)
    _done("simplify", computation, dump, linked=True)
    if resend:
        clients = {v for v in inputs_of(computation) if placement(v.type) is Placement.CLIENTS}
        given = late_levels(computation)
        block = rebroadcast(computation.block, clients, given, diagnostics)
        computation = _simplify(replace(computation, block=block), resend)
        _done("rebroadcast", computation, dump, linked=True)
    computation = replace(computation, block=keep_residuals(computation.block))
    computation = complete_choices(computation)
    _done("residuals", computation, dump)
    return computation


def merge(computation: Computation, resend: bool, dump: Dump = show_nothing) -> Computation:
    """The passes from the merging of messages on, over each sweep of a callee separately."""
    block = merge_messages(computation.block, late_levels(computation), resend)
    computation = separate_columns(replace(computation, block=block))
    _done("messages", computation, dump)
    return computation


def _simplify(computation: Computation, resend: bool) -> Computation:
    block, (result,) = simplify(computation.block, (computation.result,), resend)
    return replace(computation, block=block, result=result)


def _done(name: str, computation: Computation, dump: Dump, linked: bool = False) -> None:
    verify(computation, linked)
    dump(name, computation)
