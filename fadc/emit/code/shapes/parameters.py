"""The shapes of the parameters of definitions and lambdas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst

from fadc.emit.code.documents import Document, Mark
from fadc.emit.code.printer import Decisions
from fadc.emit.code.shapes.base import INSIDE, NO_SPACE, ONE_SPACE, Shape, bare, shape
from fadc.emit.code.shapes.elements import elements


def listed(params: cst.Parameters) -> list[Any]:
    """The parameters in order, including ``/`` and ``*``."""
    found: list[Any] = [*params.posonly_params]
    if params.posonly_params:
        slash = params.posonly_ind
        found.append(slash if isinstance(slash, cst.ParamSlash) else cst.ParamSlash())
    found += params.params
    if isinstance(params.star_arg, cst.Param | cst.ParamStar):
        found.append(params.star_arg)
    found += params.kwonly_params
    return [*found, params.star_kwarg] if params.star_kwarg else found


def parameters(params: cst.Parameters, mark: Mark) -> Shape:
    """Parameters with commas after them, in a group that ``mark`` names."""
    content = elements(listed(params), mark, always=True)
    return Shape(content.document, lambda at: _relisted(params, iter(content.build(at))))


def _relisted(params: cst.Parameters, made: Iterator[Any]) -> cst.Parameters:
    """The rebuilt parameters, in their places."""
    changes: dict[str, Any] = {"posonly_params": [next(made) for _ in params.posonly_params]}
    if params.posonly_params:
        changes["posonly_ind"] = next(made)
    changes["params"] = [next(made) for _ in params.params]
    if isinstance(params.star_arg, cst.Param | cst.ParamStar):
        changes["star_arg"] = next(made)
    changes["kwonly_params"] = [next(made) for _ in params.kwonly_params]
    if params.star_kwarg:
        changes["star_kwarg"] = next(made)
    return params.with_changes(**changes)


def flat_parameters(params: cst.Parameters) -> cst.Parameters:
    """Parameters on one line."""
    made: cst.Parameters = parameters(params, Mark()).build(Decisions())
    return made


@bare.register
def _(node: cst.Param, level: Mark) -> Shape:
    """``*name: annotation = default``, or ``name=default``."""
    parts: list[Document] = [node.star if isinstance(node.star, str) else "", node.name.value]
    changes: dict[str, Shape] = {}
    if node.annotation:
        changes["annotation"] = annotation = _annotation(node.annotation)
        parts += [": ", annotation.document]
    if node.default:
        changes["default"] = default = shape(node.default, INSIDE)
        parts += [" = " if node.annotation else "=", default.document]
    around = ONE_SPACE if node.annotation else NO_SPACE

    def build(at: Decisions) -> cst.Param:
        made = {field: each.build(at) for field, each in changes.items()}
        if node.default:
            made["equal"] = cst.AssignEqual(around, around)
        spaces = {"whitespace_after_star": NO_SPACE, "whitespace_after_param": NO_SPACE}
        return node.with_changes(**made, **spaces)

    return Shape(tuple(parts), build)


def _annotation(node: cst.Annotation) -> Shape:
    inner = shape(node.annotation, INSIDE)

    def build(at: Decisions) -> cst.Annotation:
        spaces = {"whitespace_before_indicator": NO_SPACE, "whitespace_after_indicator": ONE_SPACE}
        return node.with_changes(annotation=inner.build(at), **spaces)

    return Shape(inner.document, build)


@bare.register
def _(node: cst.ParamStar, level: Mark) -> Shape:
    return Shape("*", lambda _: node)


@bare.register
def _(node: cst.ParamSlash, level: Mark) -> Shape:
    return Shape("/", lambda _: node.with_changes(whitespace_after=NO_SPACE))
