"""The signature of a derived computation: parameters, annotations, decorator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fadc.emit.code.nodes import call, keyword, name, parameter
from fadc.emit.computations.residual_types import residual_type
from fadc.emit.computations.typed_dicts import KeyedAnnotation, container, row_of
from fadc.emit.context import Context
from fadc.emit.local_code import local_code, user_code
from fadc.ir import (
    Aggregator,
    Bundle,
    Computation,
    Literal,
    Node,
    Parameter,
    Placement,
    Tape,
    Tree,
    Type,
    Value,
)


@dataclass(frozen=True)
class Signature:
    """Writes the signature of one computation."""

    context: Context
    computation: Computation

    def decorator(self) -> Any:
        """``fed.computation``, with the mechanism for transposed broadcasts if one is declared."""
        decorator = self.context.name("fed.computation")
        transpose = self.computation.transpose
        if transpose is None:
            return decorator
        mechanism = aggregator_name(self.context, transpose)
        return call(decorator, keyword("transpose_broadcast", mechanism))

    def parameters(self) -> list[Any]:
        """The parameters; keyword-only ones after a star."""
        plain = [p for p in self.computation.parameters if not p.keyword_only]
        named = [p for p in self.computation.parameters if p.keyword_only]
        star = ["*"] if named else []
        return [*map(self._parameter, plain), *star, *map(self._parameter, named)]

    def _parameter(self, each: Parameter) -> Any:
        annotation = self._written(each.annotation)
        keyed = KeyedAnnotation(self.context, self._placements)
        default = None if each.default is None else user_code(each.default)
        return parameter(each.name, keyed.write(annotation, each.tree, each.name), default)

    def result(self) -> Any:
        """The annotation of the result."""
        computation = self.computation
        annotation = self._written(computation.annotation)
        if annotation is not None:
            return annotation
        keyed = KeyedAnnotation(self.context, self._placements)
        return keyed.write(None, computation.result, f"{computation.name}_out")

    def _written(self, written: str) -> Any:
        """The user's annotation if its names are valid in this module, else empty."""
        module = self.computation.module
        if not written or module != self.context.module.path:
            return None
        tuples = {"tuple": self.context.python("tuple")}  # The name for tuples of derived parts.
        return local_code(self.context, written, module, tuples)

    def _placements(self, tree: Tree) -> Any:
        """The annotation with the placements of a tree's parts."""
        if isinstance(tree, Value):
            return self._type(tree.type)
        if isinstance(tree, Literal):
            return self.context.python("object")
        return residual_type(self.context, tree, lambda: self._parts(tree))

    def _parts(self, tree: Node) -> Any:
        """The same for a composite, part by part."""
        if tree.kind == "rows":
            return self._subscript("list", [self._placements(row_of(tree))])
        parts = [self._placements(child) for child in tree.children]
        if tree.kind == "dict":
            return self._subscript("dict", [self.context.python("str"), *parts[:1]])
        return self._subscript("tuple", parts)

    def _type(self, type_: Type) -> Any:
        if isinstance(type_, Tape):
            return self._subscript("list", [self._type(type_.item)])
        if isinstance(type_, Bundle):
            return self._placements(type_.tree)
        names = {Placement.SERVER: "fed.Server", Placement.CLIENTS: "fed.Clients"}
        if type_.placement is Placement.STATIC:
            return self.context.python("object")
        return self.context.name(names[type_.placement])

    def _subscript(self, word: str, parts: Sequence[Any]) -> Any:
        return container(self.context.python(word), parts)


def aggregator_name(context: Context, aggregator: Aggregator) -> Any:
    """The name of an upload mechanism."""
    if aggregator.name is None:
        return context.name(f"fed.{aggregator.like}")
    return name(context.use(context.global_name(aggregator.name, aggregator.origin)))
