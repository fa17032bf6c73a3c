"""What is shown over the names, constants and calls of a computation."""

import re

import pytest

from fadc.calculus import table
from fadc.lsp.findings import reading_of
from fadc.lsp.hover import Hover, hover_at
from fadc.lsp.primitives import CARDS

from .program import RIGHT, ROUND, WRONG, place_of


def _hover(line: str, marked: str, source: str = ROUND) -> Hover | None:
    reading = reading_of(source, "round.py")
    assert reading is not None
    return hover_at(reading, *place_of(source, line, marked))


def _shown(line: str, marked: str, source: str = ROUND) -> list[str]:
    """The lines that are shown, without the fence."""
    found = _hover(line, marked, source)
    assert found is not None
    first, *lines = found.markdown.split("\n")
    assert first == "```python"
    return [each for each in lines if each not in ("", "```")]


@pytest.mark.parametrize(
    ("line", "marked", "shown"),
    [
        ("w: fed.Server", "w", 'w: Server[Float[Array, "d"]]'),
        ("pair: tuple", "pair", 'pair: tuple[Server, Clients[Float[Array, "n d"]]]'),
        ("steps: int", "steps", "steps: static"),
        ("decay, x =", "decay", "decay: Server"),
        ("decay, x =", "x", 'x: Clients[Float[Array, "n d"]]'),
        ("for step", "step", "step: static"),
        ("w_at_clients =", "w_at", 'w_at_clients: Clients[Float[Array, "..."]]'),
        ("g = fed.mean", "g", "g: Server"),
        ("moved = ", "moved", "moved: Clients"),
        ("jnp.stack(history)", "history", 'history: list[Server[Float[Array, "..."]]]'),
    ],
)
def test_a_name_shows_its_placement_and_shape(line: str, marked: str, shown: str) -> None:
    """Where any pytree may stand, the placement only."""
    assert _shown(line, marked)[0] == shown


def test_a_name_that_is_bound_again_shows_what_it_stands_for_there() -> None:
    """With the line that it comes from, where that is another one."""
    array = 'w: Server[Float[Array, "..."]]'
    assert _shown("w = w - RATE", "w") == [array]
    assert _shown("history.append(w)", "w)") == [array, "# line 27: w = w - RATE * g"]
    assert _shown("w *= decay", "w") == [array]
    assert _shown("fed.broadcast(w))", "w)") == [array, "# line 29: w *= decay"]
    once = ROUND.replace("    w *= decay\n", "    w = jnp.sin(w)\n")
    assert _shown("w = jnp.sin", "w", once) == ["w: Server"]
    assert _shown("jnp.sin(w)", "w)", once) == [array, "# line 24: for step in range(steps):"]


def test_a_list_that_is_not_filled_yet_is_called_a_tape() -> None:
    """Its items are known behind the loop."""
    tape = ["history: list", "A tape: a loop fills it, once per iteration."]
    assert _shown("history = []", "history") == tape
    assert _shown("history.append", "history") == tape


def test_constants_are_static() -> None:
    """Literals and module-level names alike."""
    assert _shown("RATE * g", "RATE") == ["RATE: static"]
    assert _shown("steps: int = 3", "3") == ["3: static"]


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("lambda x: 2.0 * x", "x: 2.0"),  # The lambda's own name, not the computation's.
        ("2.0 * x", "x"),
        ("jnp.stack", "stack"),
        ("'The sum of all.'", "sum"),
        ("def train", "train"),
        ("pair: tuple", "Server"),
        ("RATE = 0.5", "RATE"),
        ("w = w - RATE", "="),
    ],
)
def test_nothing_is_shown_elsewhere(line: str, marked: str) -> None:
    """Other code has servers of its own."""
    assert _hover(line, marked) is None


def test_nothing_is_shown_where_an_error_leaves_it_unknown() -> None:
    """The rest of a wrong program is known, and of what a primitive gives its placement."""
    unknown = WRONG.replace("fed.map(lambda", "w + fed.map(lambda")
    assert _hover("losses = ", "losses", unknown) is None
    assert _shown("losses = ", "losses", WRONG)[0] == "losses: Clients"
    assert _shown("x, w, x)", "w, x)", WRONG)[0] == 'w: Server[Float[Array, ""]]'


def test_a_primitive_shows_what_it_does_and_its_derivatives() -> None:
    """On the module's name and on its own."""
    expected = [
        "fed.mean: Clients → Server",
        "Averages a client value over the clients, leaf by leaf.",
        "- pushforward: `mean(v_dot)`",
        "- transpose: `broadcast(v_bar / num_clients)`",
    ]
    assert _shown("g = fed.mean", "fed") == _shown("g = fed.mean", "mean") == expected


@pytest.mark.parametrize(
    ("aggregator", "transpose"),
    [
        (None, "`sum(v_bar)`, through this computation's own mechanism"),
        ("sum", "`secure(v_bar)`, through this computation's own mechanism"),
        ("mean", "`num_clients * secure(v_bar)`, through this computation's own mechanism"),
    ],
)
def test_a_broadcast_shows_through_what_its_cotangent_is_uploaded(
    aggregator: str | None, transpose: str
) -> None:
    """That of the computation around it."""
    source = RIGHT
    if aggregator is not None:
        declared = f'secure = fed.aggregator("secure", like=fed.{aggregator})'
        source = RIGHT.replace("import fadc as fed\n", f"import fadc as fed\n{declared}\n")
        source = source.replace("fed.mean(losses)", "secure(losses)")
    assert _shown("fed.broadcast(w)", "fed", source)[-1] == f"- transpose: {transpose}"


def test_a_broadcast_without_a_definite_mechanism_says_so() -> None:
    """This one uploads through two."""
    shown = _shown("w_at_clients = fed", "fed")[-1]
    assert shown.endswith("through the mechanism of the computation that is differentiated")


def test_a_declared_aggregator_shows_its_mechanism() -> None:
    """It is what its `like` is, through itself."""
    shown = _shown("return secure_sum(v)", "secure_sum")
    assert shown[0] == "secure_sum: Clients → Server"
    assert shown[1].endswith("leaf by leaf, through the upload mechanism `secure_sum`.")
    assert shown[2] == "- pushforward: `secure_sum(v_dot)`"


def test_a_computation_shows_its_signature() -> None:
    """And the first line of its docstring."""
    assert _shown("+ total(moved)", "total") == [
        "def total(",
        '    v: fed.Clients[Float[Array, "d"]],',
        ') -> fed.Server[Float[Array, "d"]]',
        "The sum of all.",
    ]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def test_the_cards_say_what_the_table_of_the_calculus_says() -> None:
    """Word by word, where a row has one line: `%r_dot = broadcast %v_dot` is `broadcast(v_dot)`."""
    rows = [re.split(r"\s{2,}", line) for line in (table.__doc__ or "").splitlines()]
    said = {row[0].split(" = ")[1].split()[-2]: row for row in rows if " = " in row[0]}
    for name in ("broadcast", "sum", "mean"):
        _, pushforward, transpose = said[name]
        assert _words(CARDS[name].pushforward) == _words(pushforward)[-2:]
        if name == "sum":  # of the result's cotangent, which the card calls by its value
            assert _words(CARDS[name].transpose)[0] == _words(transpose)[-2]
    assert _words(said["broadcast"][2])[1:3] == ["aggregate", "sum"]


def test_the_span_is_that_of_the_name_alone() -> None:
    """Not of the annotation behind a parameter, and in code points behind a wide character."""
    parameter = _hover("w: fed.Server", "w")
    assert parameter is not None
    assert (parameter.span.start_column, parameter.span.end_column) == (4, 5)
    argument = _hover("x, w, x)", "w, x)", WRONG)
    assert argument is not None
    assert (argument.span.start_column, argument.span.end_column) == (52, 53)
