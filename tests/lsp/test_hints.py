"""The placements that are shown behind bound names."""

from fadc.lsp.findings import reading_of
from fadc.lsp.hints import placement_hints

from .program import ROUND


def test_placed_names_have_a_hint_behind_each_binding() -> None:
    """Static names, parameters, tapes and augmented assignments have none."""
    reading = reading_of(ROUND, "round.py")
    assert reading is not None
    lines = ROUND.split("\n")
    shown = [
        lines[line - 1][:column].split()[-1] + text
        for (line, column), text in ((hint.place, hint.text) for hint in placement_hints(reading))
    ]
    assert shown == [
        "decay: Server",
        "x: Clients",
        "w_at_clients: Clients",
        "g: Server",
        "w: Server",
        "moved: Clients",
    ]


def test_long_hints_are_cut() -> None:
    """A composite of many parts says how it begins."""
    text = ROUND.replace("    history = []\n", f"    history = []\n    many = ({'w, ' * 20})\n")
    reading = reading_of(text, "round.py")
    assert reading is not None
    (many,) = (hint.text for hint in placement_hints(reading) if hint.text.endswith("…"))
    assert many == ": tuple[Server, Server, Server, Server, S…"
