"""The passes behind a derivation, in their order, each followed by the verifier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from fadc.analyses.activity import inputs_of
from fadc.analyses.levels import late_levels
from fadc.ir import Computation, Placement, placement
from fadc.ir.verifier import verify
from fadc.passes.complete_choices import complete_choices
from fadc.passes.derivation import Derivation
from fadc.passes.messages import merge_messages
from fadc.passes.rebroadcast import rebroadcast
from fadc.passes.residuals import keep_residuals
from fadc.passes.separate import separate_columns
from fadc.passes.simplify import simplify

PASSES = ("read", "differentiate", "simplify", "rebroadcast", "residuals", "messages")
"""The names that ``--dump-after`` takes."""

Dump = Callable[[str, Computation], None]


@dataclass
class Finish:
    """Runs the passes over derived computations and shows them to ``dump``."""

    derivation: Derivation
    dump: Dump = field(default=lambda name, computation: None)

    def run(self, computation: Computation) -> Computation:
        """All passes."""
        return self.merge(self.prepare(computation))

    def prepare(self, computation: Computation) -> Computation:
        """The passes in front of the merging of messages, over both sweeps together."""
        self._done("differentiate", computation, linked=True)
        resend = self.derivation.options.residuals == "rebroadcast"
        computation = self._simplify(computation, resend)
        self._done("simplify", computation, linked=True)
        if resend:
            clients = {v for v in inputs_of(computation) if placement(v.type) is Placement.CLIENTS}
            given = late_levels(computation)
            block = rebroadcast(self.derivation, computation.block, clients, given)
            computation = self._simplify(replace(computation, block=block), resend)
            self._done("rebroadcast", computation, linked=True)
        computation = replace(computation, block=keep_residuals(computation.block))
        computation = complete_choices(computation)
        self._done("residuals", computation)
        return computation

    def merge(self, computation: Computation) -> Computation:
        given = late_levels(computation)
        resend = self.derivation.options.residuals == "rebroadcast"
        block = merge_messages(computation.block, given, resend)
        computation = separate_columns(replace(computation, block=block))
        self._done("messages", computation)
        return computation

    def _simplify(self, computation: Computation, resend: bool) -> Computation:
        block, (result,) = simplify(computation.block, (computation.result,), resend)
        return replace(computation, block=block, result=result)

    def _done(self, name: str, computation: Computation, linked: bool = False) -> None:
        verify(computation, linked)
        self.dump(name, computation)
