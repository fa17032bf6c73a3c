"""Tables for a terminal, drawn by rich and wrapped to its width."""

from __future__ import annotations

import io

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from fadc.reports.costs.tables import CostReport, Table


def rich(report: CostReport, *, color: bool, columns: int) -> str:
    """The report as a terminal of this width shows it."""
    console = Console(
        file=io.StringIO(),
        width=columns,
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
        highlight=False,
    )
    console.print(Text(report.heading, style="bold"))
    for table in report.tables:
        console.print(_table(table))
    for note in report.notes:
        console.print(Padding(Text(note, style="bold" if "cheapest" in note else "dim"), (0, 1)))
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _table(table: Table) -> RichTable:
    drawn = RichTable(title=table.title, title_justify="left", box=SIMPLE_HEAD, show_lines=False)
    for heading in table.headings:
        right = heading.startswith("bytes")
        drawn.add_column(heading, justify="right" if right else "left", overflow="fold")
    previous = ""
    for row in table.rows:
        if previous and row[0] != previous:
            drawn.add_section()
        shown = "" if row[0] == previous else row[0]
        style = "bold" if row[0] == "primal" else ""
        drawn.add_row(*(Text(cell, style=style) for cell in (shown, *row[1:])))
        previous = row[0]
    return drawn
