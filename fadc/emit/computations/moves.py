"""Assignments of results to the variables of a loop or a branch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fadc.emit.code.nodes import name, tuple_
from fadc.emit.code.queries import is_constant, name_of
from fadc.emit.code.statements import assignment, unpacked
from fadc.emit.computations.emission import Emission
from fadc.emit.computations.expressions import tree_text
from fadc.ir import Tree


def moves(emission: Emission, pairs: Iterable[tuple[Tree, str]]) -> list[Any]:
    """Assign results to their variables, several in one statement; constants afterwards.

    w, v = v_next, w_next
    """
    found = [(word, tree_text(emission, tree)) for tree, word in pairs]
    found = [(word, text) for word, text in found if name_of(text) != word]
    together = [(word, text) for word, text in found if not is_constant(text)]
    behind = [assignment(name(word), text) for word, text in found if is_constant(text)]
    if not together:
        return behind
    texts = [text for _, text in together]
    value = texts[0] if len(texts) == 1 else tuple_(texts)
    return [assignment(unpacked(word for word, _ in together), value), *behind]
