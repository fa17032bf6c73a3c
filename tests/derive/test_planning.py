"""What mixed mode says of its choices, and what it can be told."""

import itertools

import pytest

import fadc
from tests.programs.staged.catalogue import STAGED
from tests.samples import GALLERY, SAMPLES

FEDAVG = next(sample for sample in SAMPLES if sample.name == "fedavg")
SCAFFOLD = next(sample for sample in SAMPLES if sample.name == "scaffold")


def stages(sample=FEDAVG, **options) -> list[str]:
    """What the header says of each stage."""
    options = {"wrt": sample.wrt, "result": sample.result, **options}
    text = fadc.transform(sample.source, mode="mixed", filename=sample.path, **options).text
    comment = text.partition("# Stages")[2].partition("\n\n")[0]
    lines = [line for line in comment.splitlines()[2:] if line.strip("# ")]
    starts = [index for index, line in enumerate(lines) if not line.startswith("#     ")]
    parts = [lines[a:b] for a, b in itertools.pairwise([*starts, len(lines)])]
    return [" ".join(line.strip("# ") for line in part) for part in parts]


def test_a_choice_that_hangs_on_sizes_is_explained() -> None:
    first, second = stages()
    assert first == (
        "stage 1 (`delta`, line 43): pulled back: |delta| down, d up and a round; its Jacobian would"
        " be d·|delta| up instead, and --dim d=…,|delta|=… decides"
    )
    assert second == (
        "stage 2 (`losses`, line 45): its Jacobian goes up with it: |w_next|, as many as the cotangents"
        " would be, and a round less"
    )


def test_sizes_decide() -> None:
    assert "Jacobian goes up with it: d·|delta|, instead of" in stages(dims={"d": 9, "delta": 9})[0]
    wide = stages(dims={"d": 10**6, "|delta|": 10**6})[0]
    assert wide.endswith("and a round; its Jacobian would be d·|delta| up")


def test_prices_decide() -> None:
    dims = {"d": 9, "delta": 9}
    assert "Jacobian goes up" in stages(dims=dims, cost={"round": 1000})[0]
    assert "pulled back" in stages(dims=dims, cost={"round": 10})[0]


DOUBLE = FEDAVG.source.replace("Float", "Float64")
BRINK = {"dims": {"d": 9, "delta": 9}, "cost": {"round": 900}}
"""A Jacobian of 81 floats goes up for the bytes of 36 floats and a round, if floats have four bytes."""


def test_widths_decide() -> None:
    assert "Jacobian goes up" in stages(**BRINK)[0]
    assert "Jacobian goes up" in stages(**BRINK, dtype="float16")[0]
    assert "pulled back" in stages(**BRINK, dtype="float64")[0]


def test_widths_are_those_of_the_annotations() -> None:
    def first(source: str, **options: object) -> tuple[str, str]:
        asked = {"mode": "mixed", "wrt": FEDAVG.wrt, **BRINK, **options}
        head = fadc.transform(source, **asked).text.partition("# Stages, by the prices ")[2]
        units, _, rest = head.partition("):\n")
        return units.partition(" (")[2], "back" if "pulled back" in rest[:99] else "along"

    assert first(FEDAVG.source) == ("bytes and rounds", "along")
    assert first(DOUBLE) == ("bytes and rounds; floats are float64", "back")
    assert first(DOUBLE, dtype="float32") == ("bytes and rounds", "along")
    mixed = DOUBLE.replace("import Array, Float64", "import Array, Float32, Float64").replace(
        'Float64[Array, ""]', 'Float32[Array, ""]', 1
    )
    assert first(mixed) == ("bytes and rounds", "along")


def test_an_override_is_obeyed_and_said() -> None:
    for name in ("stage 1", "1", 1, "delta", "`delta`"):
        assert stages(accumulate={name: "jacobian"})[0].endswith("with it: d·|delta|, as told")
    assert stages(accumulate={2: "pullback"})[1].endswith("|w_next| up and a round, as told")


def test_what_carries_no_derivative() -> None:
    assert stages(wrt="server_lr")[0] == "stage 1 (`delta`, line 43): carries no derivative"


def test_what_clients_keep_is_pulled_back() -> None:
    assert stages(SCAFFOLD)[0].endswith("pulled back, as `control` stays at the clients")


def test_one_scalar_can_be_pushed_forward() -> None:
    question = stages(wrt="server_lr")[-1]
    assert question == (
        "tangents pushed forward through stage 2 instead would be |w_next| down and 1 up in the"
        " primal's rounds, and --dim |w_next|=… decides"
    )
    decided = stages(wrt="server_lr", dims={"w_next": 100})
    assert decided[1:] == [
        "stage 2 (`losses`, line 45): pushed forward: |w_next| down and 1 up with the primals"
    ]
    assert stages(wrt="server_lr", accumulate={"all": "pushforward"})[1].endswith(", as told")


def test_stages_are_pushed_forward_one_by_one() -> None:
    """What is told of one stage holds for all that it depends on."""
    rates = {"wrt": ("client_lr", "server_lr")}
    first, second = stages(**rates, accumulate={2: "pushforward"})
    assert first.endswith("pushed forward: 0 down and |delta| up with the primals")
    assert second.endswith("pushed forward: 2·|w_next| down and 2 up with the primals, as told")
    first, second, *_ = stages(**rates, accumulate={1: "pushforward", 2: "jacobian"})
    assert first.endswith("pushed forward: 0 down and |delta| up with the primals, as told")
    assert second.endswith("its Jacobian goes up with it: |w_next|, as told")


def test_what_clients_keep_is_pushed_forward_to_its_end() -> None:
    program = next(each for each in STAGED if each.name == "kept_momentum")
    options = {"mode": "mixed", "wrt": "rate", "dims": program.dims}
    for told in ({2: "pullback"}, {3: "pullback"}):
        text = fadc.transform(program.source, accumulate=told, **options).text
        assert ("pushed forward" in text) == (told == {3: "pullback"})
    with pytest.raises(fadc.UsageError, match="clients keep `momentum` for what is not"):
        told = {1: "pushforward", 2: "pullback"}
        fadc.transform(program.source, accumulate=told, **options)


def test_functions_without_tangents_are_not_pushed_forward_untold() -> None:
    source = FEDAVG.source.replace("def client_loss(", "@jax.custom_vjp\ndef client_loss(")
    options = {"mode": "mixed", "wrt": "server_lr", "dims": {"w_next": 100}}
    assert "pushed forward" in fadc.transform(FEDAVG.source, **options).text
    assert "pushed forward" not in fadc.transform(source, **options).text


def test_all_stages_at_once() -> None:
    assert all("Jacobian goes up" in each for each in stages(accumulate={"all": "jacobian"}))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"accumulate": {3: "jacobian"}},
            "there is no stage `3`: stage 1 (`delta`, line 43), stage 2",
        ),
        (
            {"accumulate": {1: "forward"}},
            "takes `STAGE=jacobian`, `STAGE=pullback` and `STAGE=pushforward`, not",
        ),
        (
            {"wrt": ("client_lr", "server_lr"), "accumulate": {1: "jacobian", 2: "pushforward"}},
            "stage 2 (`losses`, line 45) cannot be pushed forward where stage 1 (`delta`, line 43) is not",
        ),
        ({"cost": {"up": -1}}, "none negative, not `up=-1`"),
        ({"cost": {"rounds": 1}}, "not `rounds=1`"),
        (
            {"dims": {"d": -5}},
            "--dim takes `NAME=N` with a whole number N of at most 18 digits, not `d=-5`",
        ),
        ({"dims": {"q": 5}}, "there is no dimension or value `q`; the dimensions are d, n"),
        ({"wrt": "server_lr", "accumulate": {1: "jacobian"}}, "carries no derivative"),
        ({"mode": "reverse", "dims": {"d": 5}}, "--dim is an option of --mode mixed"),
        ({"mode": "reverse", "dtype": "float64"}, "--dtype is an option of --mode mixed"),
        ({"dtype": "int8"}, "unknown --dtype `int8`; there are float32, float64, float16"),
    ],
    ids=str,
)
def test_what_cannot_be_told(options: dict, message: str) -> None:
    given = {"mode": "mixed", "wrt": FEDAVG.wrt, **options}
    with pytest.raises(fadc.UsageError) as caught:
        fadc.transform(FEDAVG.source, filename=FEDAVG.path, **given)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("told", [{"all": "pushforward"}, {2: "pushforward"}], ids=str)
def test_what_cannot_be_pushed_forward(told: dict) -> None:
    """A pytree has no basis that the text knows."""
    program = next(each for each in STAGED if each.name == "pytrees")
    with pytest.raises(
        fadc.UsageError, match="it depends on `model`, which is no real number or vec"
    ):
        fadc.transform(program.source, mode="mixed", wrt=program.wrt, accumulate=told)


def test_a_stage_that_cannot_be_accumulated() -> None:
    options = {"of": SCAFFOLD.of, "wrt": SCAFFOLD.wrt, "result": "loss"}
    with pytest.raises(
        fadc.UsageError, match="has to be pulled back: `control` stays at the clients"
    ):
        fadc.transform(SCAFFOLD.source, mode="mixed", accumulate={1: "jacobian"}, **options)


def test_stages_are_listed_by_their_numbers() -> None:
    """Those of a loop, too, which come first in the text and last in the reading."""
    sample = next(each for each in GALLERY if each.name == "rfa")
    with pytest.raises(fadc.UsageError, match=r"`9`: stage 1 .*, stage 2 "):
        stages(sample, accumulate={9: "pullback"})


CALLED_IN_A_LOOP = """\
from jaxtyping import Array, Float

import fadc as fed


def change(w, x):
    return w - x


@fed.computation
def one_round(
    w: fed.Server[Float[Array, "d"]],
    rate: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, "d"]]:
    return w - rate * fed.mean(fed.map(change, fed.broadcast(w), x))


@fed.computation
def training(
    w: fed.Server[Float[Array, "d"]],
    rate: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    rounds: int = 3,
) -> fed.Server[Float[Array, "d"]]:
    for _ in range(rounds):
        w = one_round(w, rate, x)
    return w
"""


def _told_of_calls(source: str = CALLED_IN_A_LOOP, **options: object) -> str:
    asked = {"mode": "mixed", "of": "training", "wrt": "rate", **options}
    text = fadc.transform(source, **asked).text
    return " ".join(text.partition("# Stages")[2].partition("\n\n")[0].replace("#", "").split())


def test_calls_inside_a_loop_are_named() -> None:
    """The stages of what is called have no numbers here."""
    assert "forward through the call of `one_round`, line 27 instead" in _told_of_calls()


def test_all_reaches_the_calls_inside_a_loop() -> None:
    assert "pushed forward" in _told_of_calls(accumulate={"all": "pushforward"})
    assert "forward" not in _told_of_calls(accumulate={"all": "pullback"})


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("w = one_round(w, rate, x)", "the call of `one_round`, line 27"),
        ("w = w - rate * fed.mean(fed.map(change, fed.broadcast(w), x))", "stage 1 (`"),
        ("x = fed.map(change, fed.broadcast(w * rate), x)", "the loop in line 26"),
    ],
)
def test_what_cannot_be_pushed_forward_is_named(body: str, named: str) -> None:
    """An input of which nothing is known has no tangents that could be pushed."""
    source = CALLED_IN_A_LOOP.replace('rate: fed.Server[Float[Array, ""]]', "rate: fed.Server")
    source = source.replace("w = one_round(w, rate, x)", body)
    source = source.replace("    return w\n", "    return fed.mean(x) + w\n")
    with pytest.raises(fadc.UsageError, match="cannot be pushed forward") as caught:
        _told_of_calls(source, accumulate={"all": "pushforward"})
    assert str(caught.value).startswith(named)
