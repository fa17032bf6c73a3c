"""Tables as aligned text, for pipes and log files."""

from __future__ import annotations

from fadc.reports.costs.tables import CostReport, Table


def plain(report: CostReport) -> str:
    """The report without colours and ruled lines."""
    parts = [report.heading, *map(_table, report.tables), "\n".join(report.notes)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(table: Table) -> str:
    cells = (table.headings, *table.rows)
    widths = [max(len(row[column]) for row in cells) for column in range(len(table.headings))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join([table.title, *(f"  {line}" for line in lines)])
