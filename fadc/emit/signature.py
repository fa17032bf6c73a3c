"""The signature of a derived computation: parameters, annotations, decorator."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from fadc.emit.context import Context, fill
from fadc.emit.layout import parse
from fadc.emit.typed_dicts import KeyedAnnotation, row_of
from fadc.ir import (
    Aggregator,
    Bundle,
    Computation,
    Literal,
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

    def decorator(self) -> ast.expr:
        decorator = self.context.name("fed.computation")
        transpose = self.computation.transpose
        if transpose is None:
            return decorator
        keyword = ast.keyword(
            arg="transpose_broadcast", value=aggregator_name(self.context, transpose)
        )
        return ast.Call(func=decorator, args=[], keywords=[keyword])

    def parameters(self) -> ast.arguments:
        plain = [p for p in self.computation.parameters if not p.keyword_only]
        named = [p for p in self.computation.parameters if p.keyword_only]
        defaults = [parse(p.default) for p in plain if p.default is not None]
        return ast.arguments(
            posonlyargs=[],
            args=[self._parameter(p) for p in plain],
            kwonlyargs=[self._parameter(p) for p in named],
            kw_defaults=[parse(p.default) if p.default else None for p in named],
            defaults=defaults,
        )

    def _parameter(self, parameter: Parameter) -> ast.arg:
        annotation = self._written(parameter.annotation)
        keyed = KeyedAnnotation(self.context, self._placements)
        return ast.arg(
            arg=parameter.name, annotation=keyed.write(annotation, parameter.tree, parameter.name)
        )

    def result(self) -> ast.expr:
        """The annotation of the result."""
        computation = self.computation
        annotation = self._written(computation.annotation)
        if annotation is not None:
            return annotation
        keyed = KeyedAnnotation(self.context, self._placements)
        return keyed.write(None, computation.result, f"{computation.name}_out")

    def _written(self, written: str) -> ast.expr | None:
        """The user's annotation, where it can be read in this module."""
        if written and self.computation.module == self.context.module.path:
            found = self.context.local_code(written, self.computation.module, frozenset())
            return fill(
                found, {"tuple": self.context.python("tuple")}
            )  # That of the derived parts.
        return None

    def _placements(self, tree: Tree) -> ast.expr:
        if isinstance(tree, Value):
            return self._type(tree.type)
        if isinstance(tree, Literal):
            return self.context.python("object")
        if tree.kind == "rows":
            return self._subscript("list", [self._placements(row_of(tree))])
        parts = [self._placements(child) for child in tree.children]
        if tree.kind == "dict":
            return self._subscript("dict", [self.context.python("str"), *parts[:1]])
        return self._subscript("tuple", parts)

    def _type(self, type_: Type) -> ast.expr:
        if isinstance(type_, Tape):
            return self._subscript("list", [self._type(type_.item)])
        if isinstance(type_, Bundle):
            return self._placements(type_.tree)
        names = {Placement.SERVER: "fed.Server", Placement.CLIENTS: "fed.Clients"}
        if type_.placement is Placement.STATIC:
            return self.context.python("object")
        return self.context.name(names[type_.placement])

    def _subscript(self, name: str, parts: list[ast.expr]) -> ast.expr:
        index = parts[0] if len(parts) == 1 else ast.Tuple(elts=parts)
        return ast.Subscript(value=self.context.python(name), slice=index)


def aggregator_name(context: Context, aggregator: Aggregator) -> ast.expr:
    """The name of an upload mechanism."""
    if aggregator.name is None:
        return context.name(f"fed.{aggregator.like}")
    return ast.Name(id=context.use(context.global_name(aggregator.name, aggregator.origin)))
