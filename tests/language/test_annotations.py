"""Annotations are read in one way: from the program's text by `check`, and at run time."""

import ast
import importlib
import itertools
import sys
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Union

import jax.numpy as jnp
import pytest

from fadc.ir import Leaf, Tape
from fadc.language import annotations
from fadc.language.placements import placement_of
from fadc.syntax.modules.module import Module
from fadc.syntax.modules.reader import read_module
from fadc.syntax.types.annotations import read_annotation
from fadc.syntax.types.declared import Structure
from fadc.texts import read_file

S, C, STATIC = "Server", "Clients", "static"

PRELUDE = """
import typing
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Optional, TypeAlias, Union

from jaxtyping import Array, Float

import fadc
import fadc as fed
from fadc import Clients as AtClients
from fadc import Server

from .types import Shared

if TYPE_CHECKING:
    from typing import Never as Unneeded

    from jaxtyping import Int

    from fadc import Clients
    from fadc import Clients as Each

    from .lazy_types import Lazy
    from .lazy_types import Lazy as Renamed

    Local = tuple[Clients[Int[Array, ""]], "Server"]
    Quoted: TypeAlias = "dict[str, Local]"
    Scalar = Int[Array, ""]

Model = fed.Server[Float[Array, "d"]]
Data = fed.Clients
Batch = tuple[Data, "fed.Clients[Float[Array, 'd']]"]
Text = "Batch"
Looping = "Looping"
Pair = typing.TypedDict("Pair", {"a b": "fed.Server", "class": Data})
Partial = typing.TypedDict("Partial", {"a": Data}, total=False)


class Metrics(typing.TypedDict):
    loss: fed.Server[float]
    pairs: tuple["fed.Clients", Pair]


class More(Metrics):
    more: "Data"


class Config(typing.TypedDict):
    rounds: int


def function(x: ANNOTATION):
    pass
"""

TYPES = """
import fadc as fed

Shared = dict[str, fed.Clients]
Lazy = tuple[fed.Server, fed.Clients]
"""

# Annotations, and what both make of them: a placement, parts in their containers, or static.
EAGER: list[tuple[str, Any]] = [
    ("fed.Server", S),
    ("fadc.Clients", C),
    ("Server[Float[Array, 'd']]", S),
    ("AtClients", C),
    ("Optional[fed.Clients]", C),
    ("typing.Optional[AtClients[Float]]", C),
    ("fed.Clients | None", C),
    ("None | fed.Clients[str]", C),
    ("Union[None, fed.Clients]", C),
    ("Union[fed.Server[int], fed.Server[str]]", S),
    ("fed.Clients[Float[Array, 'd']] | fed.Clients[str]", C),
    ("Annotated[fed.Clients, 'noted']", C),
    ("Annotated['fed.Clients', 'noted']", C),
    ("Optional['fed.Clients']", C),
    ("tuple['fed.Server', 'fed.Clients']", (S, C)),
    ("typing.Tuple[fed.Server, fed.Clients]", (S, C)),
    ("tuple[fed.Server, tuple[Data, int]]", (S, (C, STATIC))),
    ("dict[str, fed.Clients]", {"": C}),
    ("typing.Dict[str, Optional[Data]]", {"": C}),
    ("list[fed.Clients]", [C]),
    ("list[tuple[fed.Server, fed.Clients]]", [(S, C)]),
    ("Optional[tuple[fed.Server, fed.Clients]]", (S, C)),
    ("tuple[()]", ()),
    ("Model", S),
    ("Data", C),
    ("Batch", (C, C)),
    ("Shared", {"": C}),
    ("Optional[Shared]", {"": C}),
    ("Pair", {"a b": S, "class": C}),
    ("Metrics", {"loss": S, "pairs": (C, {"a b": S, "class": C})}),
    ("More", {"loss": S, "pairs": (C, {"a b": S, "class": C}), "more": C}),
    ("dict[str, Pair]", {"": {"a b": S, "class": C}}),
    ("Optional[Pair]", {"a b": S, "class": C}),
    ("Partial", None),
    ("Config", STATIC),
    ("int", STATIC),
    ("tuple[int, ...]", STATIC),
    ("Sequence[int]", STATIC),
    ("Callable[[int], int]", STATIC),
    ("fed.Clients['Float[Array, \"d\"]']", C),
]

# Those of them that are text only. None is what `check` refuses.
LAZY: list[tuple[str, Any]] = [
    ("Clients", C),
    ("Each", C),
    ("fed.Clients[Int[Array, '']]", C),
    ("Each[Scalar] | None", C),
    ("'fed.Clients'", C),
    ("\"Optional['Each']\"", C),
    ("'fed.Clients' | None", C),
    ("Optional['Text']", (C, C)),
    ("Text", (C, C)),
    ("Local", (C, S)),
    ("Quoted", {"": (C, S)}),
    ("Lazy", (S, C)),
    ("Renamed", (S, C)),
    ("Scalar", None),
    ("tuple[Lazy, 'Lazy', int]", ((S, C), (S, C), STATIC)),
    ("dict[str, tuple[Clients[Unknown], Each]]", {"": (C, C)}),
    ("Looping", None),
    ("Unneeded", None),
    ("fed | None", None),
    ("'not an expression('", None),
]

_packages, _programs = itertools.count(), itertools.count()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package, which leaves no trace; `lazy_types` is imported for type checkers only."""
    found = tmp_path / f"fadc_annotations_{next(_packages)}"
    found.mkdir()
    for name, text in {"__init__": "", "types": TYPES, "lazy_types": TYPES}.items():
        (found / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield found
    for name in [name for name in sys.modules if name.startswith(found.name)]:
        del sys.modules[name]


def of_text(path: Path) -> Any:
    """What the reader of texts makes of the annotation; None where it refuses it."""
    module = read_module(path.read_text(encoding="utf-8"), str(path), read_file)
    assert isinstance(module, Module)
    annotation = module.functions["function"].args.args[0].annotation
    assert annotation is not None
    return _shown(read_annotation(module, annotation))


def _shown(declared: Any) -> Any:
    if isinstance(declared, ast.expr):
        return None
    if isinstance(declared, Tape):
        return [_shown(declared.item)]
    if isinstance(declared, Leaf):
        return declared.placement.name.capitalize() if _is_placed(declared) else STATIC
    assert isinstance(declared, Structure)
    if declared.kind == "rows":
        return [tuple(_shown(child)[0] for child in declared.children[0].children)]
    parts = tuple(_shown(child) for child in declared.children)
    if declared.kind == "dict":
        return dict(zip(declared.keys or ("",), parts, strict=True))
    return parts


def _is_placed(leaf: Leaf) -> bool:
    return leaf.placement.name in ("SERVER", "CLIENTS")


def at_run_time(function: Callable[..., Any]) -> Any:
    """What the signature says that computations find their clients by."""
    return _simplified(annotations.signature(function).parameters["x"].annotation)


def _simplified(annotation: Any) -> Any:
    placement = placement_of(annotation)
    if placement is not None:
        return placement.name
    if typing.is_typeddict(annotation):
        found = {key: _simplified(part) for key, part in annotations.fields(annotation)}
        return STATIC if all(part == STATIC for part in found.values()) else found
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    parts = [_simplified(arg) for arg in args if arg is not type(None)]
    if origin in (Union, UnionType):
        return parts[0] if all(part == parts[0] for part in parts) else STATIC
    if origin is tuple and ... not in args:
        return tuple(parts)
    if origin in (dict, list):
        return {"": parts[-1]} if origin is dict else parts
    return STATIC


@pytest.mark.parametrize("lazy", [False, True], ids=["evaluated", "text"])
@pytest.mark.parametrize(("annotation", "expected"), EAGER)
def test_annotations_are_read_in_one_way(
    annotation: str, expected: object, lazy: bool, folder: Path
) -> None:
    head = "from __future__ import annotations\n" if lazy else ""
    _hold(folder, head + PRELUDE.replace("ANNOTATION", annotation), expected)
    _hold(folder, head + PRELUDE.replace("ANNOTATION", repr(annotation)), expected)


@pytest.mark.parametrize(("annotation", "expected"), LAZY)
def test_so_are_those_that_are_text_only(annotation: str, expected: object, folder: Path) -> None:
    head = "from __future__ import annotations\n"
    _hold(folder, head + PRELUDE.replace("ANNOTATION", annotation), expected)
    _hold(folder, PRELUDE.replace("ANNOTATION", repr(annotation)), expected)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="`type` statements are of Python 3.12")
@pytest.mark.parametrize("value", ["tuple[Data, fed.Server]", "tuple[Clients[Scalar], 'Server']"])
def test_so_are_aliases_that_are_evaluated_lazily(value: str, folder: Path) -> None:
    text = PRELUDE.replace("ANNOTATION", "Typed").replace("Text =", f"type Typed = {value}\nText =")
    _hold(folder, text, (C, S))


def _hold(folder: Path, text: str, expected: object) -> None:
    """Both readers make of the program's annotation what is expected."""
    name = f"program_{next(_programs)}"
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    importlib.invalidate_caches()
    function = importlib.import_module(f"{folder.name}.{name}").function
    assert of_text(path) == expected
    found = at_run_time(function)
    assert expected is None or found == expected


# What it is for ---------------------------------------------------------------------------------


def test_clients_are_counted_by_quoted_annotations(folder: Path) -> None:
    text = """
from __future__ import annotations

import fadc as fed


@fed.computation
def function(w: "fed.Server", x: "fed.Clients | None") -> "fed.Server":
    return w + fed.mean(x)
"""
    (folder / "counted.py").write_text(text, encoding="utf-8")
    module = importlib.import_module(f"{folder.name}.counted")
    assert module.function(1.0, jnp.ones(3)) == 2.0
