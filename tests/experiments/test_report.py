"""Reports and plots on disk."""

import json
from pathlib import Path

from samples.experiments.plots import Line, Panel, plot
from samples.experiments.report import Figure, Report, Run, Traffic


def report() -> Report:
    run = Run(
        "fixed", 0, {"start": 10.0}, [0, 5], {"loss": [1.23456789, float("nan")]}, Traffic(1, 8, 4)
    )
    return Report("self-tuning", "synthetic", {}, [0], [run], {"ratio": Figure.of([1.0, 2.0, 6.0])})


def test_numbers_are_short_and_a_diverged_loss_is_null(tmp_path: Path) -> None:
    report().write(tmp_path / "new" / "results.json")
    found = json.loads((tmp_path / "new" / "results.json").read_text(encoding="utf-8"))
    assert found["runs"][0]["series"]["loss"] == [1.23457, None]
    assert found["figures"]["ratio"] == {"mean": 3.0, "min": 1.0, "max": 6.0, "count": 3}


def test_traffic_adds_up() -> None:
    assert Traffic(1, 8, 4) + Traffic(1, 2, 3) * 2 == Traffic(3, 12, 10)
    assert (Traffic(1, 8, 4) * 3).bytes == 36


def test_a_plot_is_the_same_file_each_time(tmp_path: Path) -> None:
    lines = {"mean": Line.over([0, 1], [[1.0, 2.0], [3.0, 4.0]])}
    assert lines["mean"] == Line([0, 1], [2.0, 3.0], [1.0, 2.0], [3.0, 4.0])
    for name in ("one.svg", "two.svg"):
        plot(tmp_path / name, [Panel(lines, "rounds", "loss", log_y=True)])
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
