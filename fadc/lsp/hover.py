"""The text that an editor shows on hovering over a name, a constant or a call of a computation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fadc.analyses.mechanisms import transpose_mechanism
from fadc.ir import Computation, Literal, Program, Tree, leaves
from fadc.lsp.primitives import CARDS, Card
from fadc.lsp.type_text import type_text
from fadc.span import Span
from fadc.syntax.computations import Reading
from fadc.syntax.cursor import Callee, Constant, Found, LocalName, Primitive, find_at
from fadc.syntax.scope.bindings import OpenTape
from fadc.syntax.source.nesting import room


@dataclass(frozen=True)
class Hover:
    """The Markdown to show, and the span that it is about."""

    span: Span
    markdown: str


@room()
def hover_at(reading: Reading, line: int, column: int) -> Hover | None:
    """The hover at a position: lines count from 1, columns from 0 in code points."""
    found = find_at(reading, line, column)
    return Hover(found.span, _markdown(reading, found)) if found is not None else None


def _markdown(reading: Reading, found: Found) -> str:
    match found:
        case LocalName():
            return _local(reading, found)
        case Constant(source=source):
            return _code(f"{source}: static" if "\n" not in source else "static")
        case Callee(signature=signature, docstring=docstring):
            return _code(signature) + (f"\n{docstring}" if docstring else "")
    return _primitive(reading.program, found)


def _local(reading: Reading, found: LocalName) -> str:
    if isinstance(found.meaning, OpenTape):
        return _code(f"{found.name}: list") + "\nA tape: a loop fills it, once per iteration."
    origin = _origin(reading, found.span, found.meaning)
    return _code(f"{found.name}: {type_text(found.meaning)}", *origin)


def _origin(reading: Reading, span: Span, meaning: Tree) -> Iterator[str]:
    """The line that the value comes from, unless it is the line of the name."""
    if reading.module is None or isinstance(meaning, Literal):
        return
    for value in leaves(meaning):
        line = value.span.start_line
        if value.span.path == span.path and line != span.start_line:
            yield f"# line {line}: {reading.module.text.lines[line - 1].strip()}"
            return


def _primitive(program: Program, found: Primitive) -> str:
    card = _card(program, found)
    head = _code(f"{found.source}: {card.placement}")
    derivatives = f"- pushforward: {card.pushforward}\n- transpose: {card.transpose}"
    return f"{head}\n{card.does}\n\n{derivatives}"


def _card(program: Program, found: Primitive) -> Card:
    """The description of a primitive in general, and in this computation."""
    mechanism = found.aggregator
    if mechanism is not None:
        card = CARDS[mechanism.like]
        does = f"{card.does[:-1]}, through the upload mechanism `{mechanism.name}`."
        return replace(card, does=does, pushforward=f"`{mechanism.name}(v_dot)`")
    card = CARDS[found.name]
    computation = program.computations.get(found.computation)
    if found.name == "broadcast" and computation is not None:
        return replace(card, transpose=_upload(program, computation) or card.transpose)
    return card


def _upload(program: Program, computation: Computation) -> str | None:
    """The transpose of a computation's broadcasts; None if its mechanism is not determined."""
    mechanism = transpose_mechanism(program, computation)
    if mechanism is None:
        return None
    upload = f"{mechanism.name or mechanism.like}(v_bar)"
    scaled = f"num_clients * {upload}" if mechanism.like == "mean" else upload
    return f"`{scaled}`, through this computation's own mechanism"


def _code(*lines: str) -> str:
    return "\n".join(("```python", *lines, "```"))
