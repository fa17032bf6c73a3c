"""The data's way as a picture: a lane for the server, one for the clients, messages between them.

Time runs from left to right. The derivative's part is distinguished by dashes as well as by colour.
Colours are the page's, by CSS classes, so the picture follows its theme.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import svg

from fadc.analyses.schedule import Alternative, Enter, Held, Repeat, Routine, Send, Steps, Work
from fadc.cost.costs import Row
from fadc.reports.audits.markdown import again_label, work_label

LEFT, TOP, TITLE, LINE, LETTER = 96, 10, 18, 15, 7.3
"""Pixels: the lanes' titles, the margin, a loop's title, a line of a label, a letter."""


@dataclass(frozen=True)
class Arrow:
    """One message at a horizontal position."""

    x: float
    send: Send
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Box:
    """Client work, or a call whose steps have been shown, with its horizontal extent."""

    x: float
    label: str
    derived: bool


@dataclass(frozen=True)
class Bracket:
    """A loop or an arm, with its horizontal extent."""

    x: float
    end: float
    depth: int
    label: str


@dataclass
class _Layout:
    """Lays out steps from left to right; a call whose steps have been ``shown`` is one box."""

    known: frozenset[tuple[str, str]]
    x: float = LEFT + 24
    arrows: list[Arrow] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    frames: list[Bracket] = field(default_factory=list)
    shown: set[Routine] = field(default_factory=set)

    def steps(self, steps: Steps, depth: int = 0) -> None:
        for step in steps:
            match step:
                case Send():
                    lines = tuple(_item(held) for held in step.items)
                    self.arrows.append(Arrow(self.x, step, lines))
                    longest = max(map(len, (*lines, send_title(step))))
                    self.x += LETTER * longest + 34
                case Work(function=name) if name:
                    self._box(work_label(step), derived=bool(step.backward or step.tangent))
                case Repeat(steps=inner, count=count):
                    self._frame(inner, depth, f"{count} times in all")
                case Alternative(then=then, orelse=orelse):
                    self._frame(then, depth, "if so")
                    self._frame(orelse, depth, "if not")
                case Enter(routine=routine) if routine not in self.shown:
                    self.shown.add(routine)
                    self.steps(routine.steps, depth)
                case Enter(routine=routine) if routine.messages:
                    self._box(again_label(routine), derived=False)

    def _box(self, label: str, derived: bool) -> None:
        self.boxes.append(Box(self.x, label, derived))
        self.x += _width(label) + 22

    def _frame(self, steps: Steps, depth: int, label: str) -> None:
        start = self.x
        self.x += 14
        self.steps(steps, depth + 1)
        if self.x == start + 14:
            self.x = start
            return
        self.x = max(self.x, start + LETTER * len(label) + 30)
        self.frames.append(Bracket(start - 8, self.x - 10, depth, label))
        self.x += 14

    @property
    def depth(self) -> int:
        """How deep loops and branches are nested."""
        return max((frame.depth + 1 for frame in self.frames), default=0)


def _item(held: Held) -> str:
    return held.name if held.shape == f"|{held.name}|" else f"{held.name} {held.shape}"


def send_title(send: Send) -> str:
    """The title of a message: its direction and mechanism."""
    return send.mechanism or "broadcast"


def _width(label: str) -> float:
    return LETTER * len(label) + 20


def picture(row: Row, primal: Row, number: int) -> str:
    """The schedule of a computation as SVG; what the primal sends, too, looks like the primal's."""
    known = frozenset((h.role, h.of) for send in primal.schedule.sends for h in send.items)
    layout = _Layout(known)
    layout.steps(row.schedule.steps)
    tallest = max((len(arrow.lines) for arrow in layout.arrows), default=1)
    server = TOP + TITLE * layout.depth + 24
    clients = server + 60 + LINE * (tallest + 1)
    width, height = layout.x + 8, clients + 30 + TITLE * layout.depth / 2
    title = f"picture-{number}"
    drawn = svg.SVG(
        class_=["lanes"],
        viewBox=svg.ViewBoxSpec(0, 0, width, height),
        width=width,
        height=height,
        extra={"role": "img", "aria-labelledby": title},
        elements=[
            svg.Title(id=title, text=_described(row)),
            *_marker(number),
            *_lane("Server", server, width),
            *_lane("Clients", clients, width),
            *(each for frame in layout.frames for each in _frame(frame, height)),
            *(each for box in layout.boxes for each in _box(box, clients)),
            *(e for a in layout.arrows for e in _arrow(a, layout, server, clients, number)),
        ],
    )
    return str(drawn)


def _described(row: Row) -> str:
    """The picture in words, for those who cannot see it."""
    parts = []
    for send in row.schedule.sends:
        way = "down to the clients" if send.direction == "down" else f"up through {send.mechanism}"
        parts.append(f"{', '.join(held.name for held in send.items)} {way}")
    return f"The messages of {row.name}, in order: {'; '.join(parts)}."


def _marker(number: int) -> list[svg.Element]:
    def head(kind: str) -> svg.Element:
        return svg.Marker(
            id=f"head-{kind}-{number}",
            viewBox=svg.ViewBoxSpec(0, 0, 10, 10),
            refX=9,
            refY=5,
            markerWidth=7,
            markerHeight=7,
            orient="auto",
            elements=[svg.Path(class_=["head", kind], d=[svg.M(0, 0), svg.L(10, 5), svg.L(0, 10)])],
        )

    return [svg.Defs(elements=[head("primal"), head("derivative")])]


def _lane(name: str, y: float, width: float) -> Iterator[svg.Element]:
    yield svg.Rect(class_=["lane"], x=8, y=y - 18, width=width - 16, height=36, rx=6)
    yield svg.Text(class_=["title"], x=22, y=y + 5, text=name)


def _frame(frame: Bracket, height: float) -> Iterator[svg.Element]:
    top = TOP + TITLE * frame.depth
    yield svg.Rect(
        class_=["frame"],
        x=frame.x,
        y=top,
        width=frame.end - frame.x,
        height=height - 4 - TITLE * frame.depth / 2 - top,
        rx=6,
    )
    yield svg.Text(class_=["note"], x=frame.x + 8, y=top + 13, text=frame.label)


def _box(box: Box, y: float) -> Iterator[svg.Element]:
    kind = "derivative" if box.derived else "primal"
    width = _width(box.label)
    yield svg.Rect(class_=["work", kind], x=box.x, y=y - 14, width=width, height=28, rx=5)
    yield svg.Text(class_=["work-name"], x=box.x + 10, y=y + 5, text=box.label)


def _arrow(
    arrow: Arrow, layout: _Layout, server: float, clients: float, number: int
) -> Iterator[svg.Element]:
    kinds = {_kind(held, layout) for held in arrow.send.items}
    kind = "primal" if kinds == {"primal"} else "derivative"
    down = arrow.send.direction == "down"
    start, end = (server + 18, clients - 20) if down else (clients - 18, server + 20)
    yield svg.Line(
        class_=["message", kind],
        x1=arrow.x,
        y1=start,
        x2=arrow.x,
        y2=end,
        marker_end=f"url(#head-{kind}-{number})",
    )
    y = server + 40
    yield svg.Text(class_=["mechanism"], x=arrow.x + 10, y=y, text=send_title(arrow.send))
    for held, line in zip(arrow.send.items, arrow.lines, strict=True):
        y += LINE
        yield svg.Text(class_=["value", _kind(held, layout)], x=arrow.x + 10, y=y, text=line)


def _kind(held: Held, layout: _Layout) -> str:
    return "primal" if (held.role, held.of) in layout.known else "derivative"
