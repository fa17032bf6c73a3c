"""The cost report as tables of text, which `plain` and `rich` draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fadc.analyses.sizes import Size
from fadc.analyses.work import Evaluations
from fadc.cost.cheapest import Cheapest
from fadc.cost.costs import Amount, Costs, Memory, Refused, Row


@dataclass(frozen=True)
class Table:
    """A title, the columns' headings, and rows of the same length."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class CostReport:
    """The report's parts: a line above the tables, the tables, and lines below them."""

    heading: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...]


def cost_report(costs: Costs, best: Cheapest) -> CostReport:
    """The report of the costs of a computation."""
    wrt = ", ".join(costs.wrt) or "nothing"
    heading = f"{costs.path}: {costs.primal.name}, differentiated by {wrt}"
    notes = [*map(refusal, costs.refused), *cheapest_lines(costs, best), *_assumptions(costs)]
    return CostReport(heading, (messages_table(costs), clients_table(costs)), tuple(notes))


def messages_table(costs: Costs) -> Table:
    """The table of rounds and of what is sent to and from each client."""
    sized = any(row.down.bytes is not None or row.up.bytes is not None for row in costs.rows)
    headings = ("mode", "computation", "rounds", "down", "up")
    extra = ("bytes down", "bytes up") if sized else ()
    rows = []
    for row in costs.rows:
        cells = (_plan(row), row.name, _rounds(row), str(row.traffic.down), str(row.traffic.up))
        rows.append(cells + tuple(_bytes(each) for each in (row.down, row.up) if extra))
    title = "Rounds, and array elements down to and up from each client"
    return Table(title, headings + extra, tuple(rows))


def clients_table(costs: Costs) -> Table:
    """The table of each client's memory and extra work."""
    headings = ("mode", "computation", "keeps between rounds", "same clients again", "extra work")
    rows = tuple(
        (_plan(row), row.name, kept(row.memory), row.same_clients, extra(row.work))
        for row in costs.rows
    )
    return Table("What clients keep, and compute beyond the primal", headings, rows)


def _plan(row: Row) -> str:
    return row.plan.label if row.plan else "primal"


def _rounds(row: Row) -> str:
    text = str(row.traffic.rounds)
    known = row.rounds is not None and text != str(row.rounds)
    return f"{text} = {row.rounds}" if known else text


def _bytes(amount: Amount) -> str:
    return "?" if amount.bytes is None else f"{amount.bytes:,}"


def kept(memory: tuple[Memory, ...]) -> str:
    """What clients keep, in words: sizes of values, and pullbacks by name."""
    return ", ".join(_kept(each) for each in memory) or "nothing"


def _kept(memory: Memory) -> str:
    found = memory.kept
    if memory.amount is None:
        times = "" if str(found.copies) == "1" else f"{found.copies} × "
        return f"{times}{found.value.name}"
    size = "" if memory.amount.bytes is None else f" = {memory.amount.bytes:,} bytes"
    return f"{found.value.name}: {memory.amount.elements}{size}"


def extra(work: Mapping[str, Evaluations]) -> str:
    """Extra evaluations of each local function."""
    parts = []
    for name, found in work.items():
        counts = (
            (found.forward, "forward"),
            (found.tangent, "tangent"),
            (found.backward, "backward"),
        )
        said = " + ".join(f"{_times(count)}{word}" for count, word in counts if count != Size())
        parts.append(f"{name}: {said}")
    return ", ".join(parts) or "none"


def _times(count: Size) -> str:
    text = str(count)
    return f"({text}) " if " " in text else f"{text} "


def refusal(refused: Refused) -> str:
    """One line for a plan that the program does not admit."""
    said = [f"{each.code} {each.message}" for each in refused.diagnostics] or [refused.message]
    return f"refused: {refused.plan.label}: {said[0]}"


def cheapest_lines(costs: Costs, best: Cheapest) -> list[str]:
    """The lines that name the cheapest plans, or the symbols that decide between them."""
    if not best.candidates:
        return []
    plans = [c.row.plan for c in best.candidates if c.row.plan is not None]
    labels = "; ".join(dict.fromkeys(plan.label for plan in plans))
    depends = f"depends on {', '.join(best.depends)}: " if best.depends else ""
    lines = [f"cheapest for a gradient, by the prices {costs.prices}: {depends}{labels}"]
    if any(plan.mode == "forward" for plan in plans) and str(costs.directions) != "1":
        lines.append(
            f"forward needs a tangent for each of {costs.directions} elements, side by side"
        )
    return lines


def _assumptions(costs: Costs) -> list[str]:
    values = costs.values
    used = {symbol for row in costs.rows for symbol in (row.traffic.down + row.traffic.up).symbols}
    used |= {symbol for row in costs.rows for symbol in row.traffic.rounds.symbols}
    defaults = [
        f"{k}={v}" for k, v in values.defaults.items() if k in used and k not in values.given
    ]
    lines = [f"floats are {values.dtype}"]
    if defaults:
        lines.append(f"by default {', '.join(defaults)}")
    if costs.unknown:
        lines.append(f"for bytes, give --dim {','.join(f'{_plain(s)}=…' for s in costs.unknown)}")
    return ["; ".join(lines)]


def _plain(symbol: str) -> str:
    return symbol.strip("|")
