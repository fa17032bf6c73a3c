"""Work: how often each client evaluates each local function, its tangent and its pullback."""

from __future__ import annotations

from dataclasses import dataclass, field

from fadc.analyses.schedule import Schedule
from fadc.analyses.sizes import Size, number


@dataclass(frozen=True)
class Evaluations:
    """The number of evaluations of one local function at each client in a run."""

    forward: Size = field(default_factory=Size)
    tangent: Size = field(default_factory=Size)
    backward: Size = field(default_factory=Size)

    def __add__(self, other: Evaluations) -> Evaluations:
        return Evaluations(
            self.forward + other.forward,
            self.tangent + other.tangent,
            self.backward + other.backward,
        )


def work(planned: Schedule) -> dict[str, Evaluations]:
    """The evaluations of each local function, by its name, in order of first use."""
    found: dict[str, Evaluations] = {}
    for each in planned.work:
        if each.forward or each.tangent or each.backward:
            counts = [
                each.count.times(number(times))
                for times in (each.forward, each.tangent, each.backward)
            ]
            found[each.function] = found.get(each.function, Evaluations()) + Evaluations(*counts)
    return found


def extra_work(planned: Schedule, primal: Schedule) -> dict[str, Evaluations]:
    """The evaluations of a derivative beyond its primal's; functions without any are left out."""
    known = work(primal)
    extra = {
        name: Evaluations(
            found.forward - known.get(name, Evaluations()).forward, found.tangent, found.backward
        )
        for name, found in work(planned).items()
    }
    return {name: found for name, found in extra.items() if found != Evaluations()}
