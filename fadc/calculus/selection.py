"""The inputs and the result that a request differentiates, and the auxiliary results."""

from __future__ import annotations

from dataclasses import dataclass, field

from fadc.analyses.activity import Positions, inputs_of
from fadc.errors import UsageError
from fadc.ir import (
    Array,
    Computation,
    Leaf,
    Node,
    Parameter,
    Placement,
    Tree,
    Value,
    differentiable,
    leaves,
    placement,
)
from fadc.syntax.types.annotations import part_of_annotation


@dataclass(frozen=True)
class Selection:
    """The differentiated result, its annotation, and the auxiliary results (None if none)."""

    tree: Tree
    annotation: str
    outputs: Positions
    auxiliary: Tree | None = None
    auxiliary_annotation: str = ""
    arrays: dict[Value, Array | None] = field(default_factory=dict)

    @property
    def is_scalar(self) -> bool:
        """Whether the result is one scalar server value, by its annotation."""
        if not (isinstance(self.tree, Value) and isinstance(self.tree.type, Leaf)):
            return False
        array = self.arrays.get(self.tree)
        scalar = array is not None and array.differentiable and array.dims == ()
        return scalar and placement(self.tree.type) is Placement.SERVER


def select_result(computation: Computation, result: str | None) -> Selection:
    """The result that a request names: a key, a position or a returned variable."""
    tree = computation.result
    offset, part, rest, label = 0, tree, None, None
    if result is not None:
        label = position_of_result(computation, result)
        if label is not None:
            assert isinstance(tree, Node)
            part = tree.children[label]
            offset = sum(len(list(leaves(child))) for child in tree.children[:label])
            rest = _without(tree, label)
    count = len(list(leaves(part)))
    annotation, auxiliary = computation.annotation, ""
    if label is not None:
        assert isinstance(tree, Node)
        key: int | str = tree.keys[label] if tree.keys else label
        annotation = part_of_annotation(computation.annotation, key)
        auxiliary = _rest_annotation(computation.annotation, tree, label)
    declared = computation.declared[offset : offset + count]
    arrays = dict(zip(leaves(part), declared, strict=False))
    outputs = frozenset(range(offset, offset + count))
    return Selection(part, annotation, outputs, rest, auxiliary, arrays)


def _rest_annotation(annotation: str, tree: Node, label: int) -> str:
    """The annotation of the auxiliary results."""
    if not annotation or tree.kind == "dict":
        return annotation
    parts = [part_of_annotation(annotation, i) for i in range(len(tree.children)) if i != label]
    return f"{tree.kind}[{', '.join(parts)}]" if all(parts) else ""


def position_of_result(computation: Computation, result: str) -> int | None:
    """The position of the named part; None for the whole result."""
    tree, labels = computation.result, _labels(computation)
    if isinstance(tree, Value) and result in labels:
        return None
    if isinstance(tree, Node) and tree.kind in ("tuple", "list", "dict"):
        if result in labels:
            return labels.index(result)
        if result.isdecimal() and int(result) < len(tree.children) and tree.kind != "dict":
            return int(result)
    known = ", ".join(labels)
    raise UsageError(f"`{computation.name}` has no result `{result}`; it has {known}")


def _labels(computation: Computation) -> list[str]:
    """The names of the result's parts: keys, names in `return`, or the names of their values."""
    tree, written = computation.result, computation.labels
    if not isinstance(tree, Node):
        return [next(filter(None, written), tree.name if isinstance(tree, Value) else tree.source)]
    if tree.keys:
        return list(tree.keys)
    names = [child.name if isinstance(child, Value) else "" for child in tree.children]
    if len(written) == len(names):
        others = [name if name not in written else "" for name in names]
        names = [label or other for label, other in zip(written, others, strict=True)]
    return [name or str(index) for index, name in enumerate(names)]


def _without(tree: Node, label: int) -> Tree:
    children = tuple(child for index, child in enumerate(tree.children) if index != label)
    keys = tuple(key for index, key in enumerate(tree.keys) if index != label)
    return Node(tree.kind, children, keys)


def select_inputs(computation: Computation, wrt: tuple[str, ...] | None) -> tuple[Parameter, ...]:
    """The parameters that a request names; by default every differentiable server-placed one."""
    known = {parameter.name: parameter for parameter in computation.parameters}
    if wrt is not None:
        unknown = [name for name in wrt if name not in known]
        if unknown:
            names = ", ".join(known)
            raise UsageError(
                f"`{computation.name}` has no parameter `{unknown[0]}`; it has {names}"
            )
        return tuple(known[name] for name in dict.fromkeys(wrt))
    for where in (Placement.SERVER, Placement.CLIENTS):
        found = [p for p in computation.parameters if _is_default(p, where)]
        if found:
            return tuple(found)
    return ()


def _is_default(parameter: Parameter, where: Placement) -> bool:
    values = list(leaves(parameter.tree))
    return bool(values) and all(
        differentiable(value.type) and placement(value.type) is where for value in values
    )


def positions(computation: Computation, parameters: tuple[Parameter, ...]) -> Positions:
    """The positions of the leaves of some parameters among all inputs."""
    chosen = {value for parameter in parameters for value in leaves(parameter.tree)}
    return frozenset(i for i, value in enumerate(inputs_of(computation)) if value in chosen)


def is_discrete(tree: Tree) -> bool:
    """Whether no leaf of a tree can have a tangent."""
    return not any(differentiable(value.type) for value in leaves(tree))
