"""How placements and shapes are written."""

import pytest

from fadc.ir import Array, Leaf, Literal, Node, Placement, Tape, Tree, Value
from fadc.lsp.type_text import type_text
from fadc.span import Span


def _value(type_: Leaf | Tape) -> Value:
    return Value("v", type_, Span("", 1, 0, 1, 1))


_SERVER = Leaf(Placement.SERVER, Array(True, ("n", "d")))
_CLIENTS = Leaf(Placement.CLIENTS)


@pytest.mark.parametrize(
    ("tree", "full", "brief"),
    [
        (_value(_SERVER), 'Server[Float[Array, "n d"]]', "Server"),
        (
            _value(Leaf(Placement.SERVER, Array(False, (), "Int"))),
            'Server[Int[Array, ""]]',
            "Server",
        ),
        (_value(Leaf(Placement.SERVER, Array(True))), 'Server[Float[Array, "..."]]', "Server"),
        (_value(_CLIENTS), "Clients", "Clients"),
        (_value(Leaf(Placement.STATIC, Array(False, None, "None"))), "static", "static"),
        (Literal("0.5"), "static", "static"),
        (_value(Tape(Tape(_CLIENTS))), "list[list[Clients]]", "list[list[Clients]]"),
        (Node("tuple", ()), "tuple[()]", "tuple[()]"),
        (
            Node("tuple", (_value(_SERVER), _value(_CLIENTS))),
            'tuple[Server[Float[Array, "n d"]], Clients]',
            "tuple[Server, Clients]",
        ),
        (Node("list", (_value(_CLIENTS),)), "[Clients]", "[Clients]"),
        (
            Node("dict", (_value(_SERVER), _value(_CLIENTS)), ("a", 'b"')),
            '{"a": Server[Float[Array, "n d"]], "b\\"": Clients}',
            '{"a": Server, "b\\"": Clients}',
        ),
        (
            Node("rows", (Node("tuple", (_value(Tape(_SERVER)), _value(Tape(_CLIENTS)))),)),
            'list[tuple[Server[Float[Array, "n d"]], Clients]]',
            "list[tuple[Server, Clients]]",
        ),
    ],
)
def test_types_are_written_as_annotations(tree: Tree, full: str, brief: str) -> None:
    """With shapes and without."""
    assert (type_text(tree), type_text(tree, shapes=False)) == (full, brief)
