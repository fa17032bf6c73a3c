"""Every sample and its derivatives on several devices: the embedded engine's values, and no message but sums.

By default three samples, a program with client state among them; `--slow` has all.
"""

from collections.abc import Mapping
from typing import Any

import jax
import pytest

import fadc as fed
from fadc.engines import Sharded, record
from fadc.language import annotations
from fadc.language.placements import placement_of

from ..correctness import harness
from ..samples import GALLERY, Sample
from ..test_gallery import DERIVATIVES, case_of, derivatives
from .meshes import collectives, cut, engine_on

BY_DEFAULT = ("fedsgd", "fedavg", "scaffold")
EVERYWHERE = ((8, 8), (5, 4))
"""Clients and devices for every mode; the others are for reverse mode by default."""

WHOLE = (5, 4)
"""Those for every function of a derivative by default; the others are for its last one."""


def _cases() -> list[Any]:
    return [
        pytest.param(
            sample,
            mode,
            clients,
            devices,
            id=f"{sample.name}-{mode}-{clients}-on-{devices}",
            marks=_marks(sample.name, mode, (clients, devices)),
        )
        for sample in GALLERY
        for mode in ("primal", *sample.modes)
        for clients, devices in (*EVERYWHERE, (3, 4), (7, 4))
    ]


def _marks(name: str, mode: str, size: tuple[int, int]) -> list[pytest.MarkDecorator]:
    usual = name in BY_DEFAULT and (size in EVERYWHERE or mode == "reverse")
    return [] if usual else [pytest.mark.slow]


@pytest.mark.parametrize(("sample", "mode", "clients", "devices"), _cases())
def test_it_is_the_embedded_engine_s_by_sums_alone(
    sample: Sample, mode: str, clients: int, devices: int, request: pytest.FixtureRequest
) -> None:
    found = _derivatives(sample, mode, case_of(sample, clients))
    if (clients, devices) != WHOLE and not request.config.getoption("--slow"):
        found = found[-1:]
    for each in found:
        assert_sharded(each, engine_on(devices))


def _derivatives(sample: Sample, mode: str, case: harness.Case) -> list[harness.Case]:
    if mode == "primal":
        return [case]
    text = (DERIVATIVES / sample.name / f"{mode}.py").read_text(encoding="utf-8")
    return derivatives(case, text, mode)


def assert_sharded(case: harness.Case, engine: Sharded) -> None:
    """Values are the embedded engine's; all-reduces have no more bytes than the recorded uplink."""
    with fed.use_engine(engine), record() as run:
        placed = placed_arguments(case, engine)
        compiled = jax.jit(lambda given: harness.run_eagerly(case, given)).lower(placed).compile()
    harness.assert_close(cut(compiled(placed)), case.results, case.name)
    found = collectives(compiled.as_text())
    assert {name for name, _ in found} <= {"all-reduce"}
    assert sum(size for _, size in found) <= run.up


def placed_arguments(case: harness.Case, engine: Sharded) -> dict[str, Any]:
    """The arguments, those at the clients laid over the devices."""
    parameters = annotations.signature(case.function).parameters
    return {
        name: _placed(parameters[name].annotation, value, engine)
        for name, value in case.arguments.items()
    }


def _placed(annotation: Any, value: Any, engine: Sharded) -> Any:
    placement = placement_of(annotation)
    if placement is not None:
        return engine.place(value) if placement.name == "Clients" else value
    parts = {key: (part, inner) for part, key, inner in annotations._parts(annotation, value)}
    if None in parts:
        return _placed(*parts[None], engine)
    if isinstance(value, Mapping):
        return {key: _placed(*parts[key], engine) for key in value}
    return type(value)(_placed(*parts[key], engine) for key in range(len(value)))
