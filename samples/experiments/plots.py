"""Plots of runs, by matplotlib, which is imported only when something is plotted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Line:
    """A line of a plot, with the range that it stands for, if any."""

    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None
    dashed: bool = False

    @staticmethod
    def over(x: Sequence[float], runs: Sequence[Sequence[float]], dashed: bool = False) -> Line:
        """The mean of several runs, in the range from the least to the greatest."""
        values = np.asarray(runs, float)
        low, high = values.min(axis=0).tolist(), values.max(axis=0).tolist()
        return Line(x, values.mean(axis=0).tolist(), low, high, dashed)


@dataclass(frozen=True)
class Panel:
    """One set of axes and its lines by name."""

    lines: Mapping[str, Line]
    x: str
    y: str
    title: str = ""
    log_x: bool = False
    log_y: bool = False


def plot(path: Path, panels: Sequence[Panel]) -> None:
    """Draws panels side by side into a file, whose suffix says the format; folders are made."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "fadc"  # The same plot is the same file.
    matplotlib.rcParams["svg.fonttype"] = "none"  # Text stays text, which is a third of the size.
    from matplotlib import pyplot

    path.parent.mkdir(parents=True, exist_ok=True)
    figure, axes = pyplot.subplots(1, len(panels), figsize=(4.6 * len(panels), 3.4), squeeze=False)
    for axis, panel in zip(axes[0], panels, strict=True):
        _draw(axis, panel)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=110)
    pyplot.close(figure)


def _draw(axis: Any, panel: Panel) -> None:
    for name, line in panel.lines.items():
        (drawn,) = axis.plot(
            line.x, line.y, "--" if line.dashed else "-", label=name, linewidth=1.2
        )
        if line.low is not None and line.high is not None:
            axis.fill_between(line.x, line.low, line.high, color=drawn.get_color(), alpha=0.15)
    axis.set(xlabel=panel.x, ylabel=panel.y, title=panel.title)
    if panel.log_x:
        axis.set_xscale("log")
    if panel.log_y:
        axis.set_yscale("log")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=7)
