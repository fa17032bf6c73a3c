"""The iterables of an emitted loop: lists of rows in place of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fadc.ir import Literal, Node, Source, Tape, Value, leaves, rebuild

Lists = Mapping[Value, tuple[str, Node]]
"""The list that a column is in: its name, and its rows."""


def regrouped(sources: tuple[Source, ...], lists: Lists) -> tuple[Source, ...]:
    """The sources, where columns of one list that are iterated over together are its rows.

    for a, b in zip(as, bs)  →  for a, b in tape
    """
    found: list[Source] = []
    rows: dict[tuple[str, bool], dict[Value, Value]] = {}
    for source in sources:
        columns = list(leaves(source.args[0])) if source.kind == "tape" else []
        if not columns or columns[0] not in lists:
            found += _apart(source, columns)
            continue
        key = (lists[columns[0]][0], source.reverse)
        if key not in rows:
            found.append(replace(source, kind="rows", args=(columns[0],)))
        rows.setdefault(key, {}).update(zip(columns, leaves(source.target), strict=True))
    return tuple(_row(each, rows, lists) if each.kind == "rows" else each for each in found)


def _row(
    source: Source, rows: Mapping[tuple[str, bool], Mapping[Value, Value]], lists: Lists
) -> Source:
    """A source over a list of tuples, with targets for those columns that are read."""
    (column,) = leaves(source.args[0])
    name, layout = lists[column]
    targets = rows[name, source.reverse]
    row = rebuild(layout.children[0], lambda each: targets.get(each) or _unread(each))
    return Source("rows", (Literal(name),), row, source.reverse)


def _unread(column: Value) -> Value:
    """The target for a column that is not read."""
    item = column.type.item if isinstance(column.type, Tape) else column.type
    return Value("_", item, column.span)


def _apart(source: Source, columns: list[Value]) -> list[Source]:
    """A source over several tapes that are separate lists, as one source for each."""
    if not columns or isinstance(source.args[0], Value):
        return [source]
    pairs = zip(columns, leaves(source.target), strict=True)
    return [Source("tape", (column,), target, source.reverse) for column, target in pairs]
