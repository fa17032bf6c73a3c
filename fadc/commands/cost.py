"""`fadc cost`."""

import sys
from enum import Enum
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from fadc.commands.options import (
    Accumulate,
    Color,
    ColorOption,
    Cost,
    DtypeOption,
    Of,
    Result,
    StdinFilename,
    Wrt,
    names_of,
    pairs_of,
    source_of,
)
from fadc.commands.terminal import columns, say, wants_color
from fadc.errors import UsageError

if TYPE_CHECKING:
    from fadc.cost.costs import Costs


class CostFormat(str, Enum):
    """The output formats of costs."""

    table = "table"
    json = "json"


Dims = Annotated[
    list[str] | None, Option("--dim", metavar="NAME=N,...", help="Sizes, for figures in bytes.")
]


def cost(
    file: Annotated[str, Argument(metavar="FILE", help="The program; `-` is standard input.")],
    of: Of = None,
    wrt: Wrt = None,
    result: Result = None,
    dim: Dims = None,
    dtype: DtypeOption = None,
    cost: Cost = None,
    accumulate: Accumulate = None,
    output_format: Annotated[CostFormat, Option(help="How it is written.")] = CostFormat.table,
    stdin_filename: StdinFilename = "-",
    color: ColorOption = Color.auto,
) -> None:
    """Say what a computation and its derivatives cost in every mode. Runs nothing."""
    dims = dims_of(dim)
    source = source_of(file, stdin_filename)

    from fadc.commands.showing import complain
    from fadc.cost import compute
    from fadc.derive.request import Request

    asked = Request(
        "mixed",
        of,
        names_of(wrt),
        result,
        cost=pairs_of("cost", cost),
        accumulate=pairs_of("accumulate", accumulate),
        dtype=dtype and dtype.value,
    )
    found, diagnostics = compute.cost(source.text, source.path, asked, dims)
    complain(diagnostics, source, color)
    if found is None:
        raise SystemExit(1)
    _refuse_unknown(dims, found)
    _show(found, output_format, color)


def _show(found: "Costs", output_format: CostFormat, color: Color) -> None:
    from fadc.cost.cheapest import cheapest

    best = cheapest(found)
    if output_format is CostFormat.json:
        from fadc.reports.costs.json import cost_json

        say(cost_json(found, best), sys.stdout)
        return
    from fadc.reports.costs.tables import cost_report

    report = cost_report(found, best)
    if sys.stdout.isatty() or color is Color.always:
        from fadc.reports.costs.rich import rich

        colored = wants_color(color.value, sys.stdout)
        say(rich(report, color=colored, columns=columns(sys.stdout)), sys.stdout)
    else:
        from fadc.reports.costs.plain import plain

        say(plain(report), sys.stdout)


def _refuse_unknown(dims: dict[str, int], found: "Costs") -> None:
    """Raises UsageError for a size that occurs in no figure of the program."""
    kept = [each.kept.size for row in found.rows for each in row.memory]
    symbols = {*found.symbols, *(s for size in kept if size for s in size.symbols)}
    known = {*found.values.defaults, *(symbol.strip("|") for symbol in symbols)}
    for name in dims:
        if name.strip("|") not in known and not found.sized.admits(name):
            listed = ", ".join(symbol.strip("|") for symbol in found.symbols) or "none"
            raise UsageError(f"there is no symbol `{name}`; the report has {listed}")


def dims_of(listed: list[str] | None) -> dict[str, int]:
    """The sizes of an option such as `d=1000000,n=20`, which may be given several times."""
    from fadc.derive.request import check_size

    pairs = pairs_of("dim", listed)
    for name, value in pairs:
        check_size(name, value)
    return {name: int(value) for name, value in pairs}
