"""The data cases of `tests/cases/plotters`, and the real logs where this machine has them; and what they demand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from reconciler.plotters import LogState, PlotLog, Plotters
from reconciler.state import Phase

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases" / "plotters"
REAL = ROOT.parent / "shared" / "plotter-logs"


def read(path: Path) -> Any:
    """A YAML file's values."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def argvs(folder: Path = CASES) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each argv case with the definition that it is for."""
    for path in sorted(folder.glob("*/argv.yaml")):
        for case in read(path):
            yield path.parent.name, case


def logs(folder: Path = CASES) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    """Each log case with the definition that it is for."""
    for path in sorted(folder.glob("*/*.log")):
        yield path.parent.name, path.read_bytes(), read(path.with_suffix(".yaml"))


def real() -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Each real log with what its index says."""
    index = REAL / "INDEX.yaml"
    for entry in read(index) if index.exists() else ():
        yield (REAL / entry["file"]).read_bytes(), entry


def argv_is_read(plotters: Plotters, name: str, case: dict[str, Any]) -> None:
    """The argv is the definition's, or is none of its, and says what the case says."""
    argv, expect = case["argv"], case["expect"]
    plotter = plotters[name]
    recognised = plotters.recognise(argv)
    assert plotters.wanted(argv) == (recognised is not None)
    if expect is None:
        assert recognised is not plotter
        assert recognised is None or recognised.name == case.get("instead"), "another definition's job"
        return
    assert plotter.recognises(argv)
    assert recognised is plotter
    arguments = plotter.read(argv, case["cwd"])
    found = {field: getattr(arguments, field) for field in expect}
    for several in ("extras", "tmps", "dsts"):
        if several in found:
            found[several] = list(found[several])
    assert found | {"extras": list(arguments.extras)} == expect | {"extras": expect.get("extras", [])}


def said(plot: PlotLog, fields: Any) -> dict[str, Any]:
    """These fields of a plot, as a case writes them."""
    values = {name: getattr(plot, name) for name in fields if name != "final_phase"}
    for name in ("phase", "final_phase"):
        if name in fields:
            values[name] = str(plot.phase) if plot.phase else None
    if "phase_seconds" in values:
        values["phase_seconds"] = list(plot.phase_seconds)
    return values


def log_is_read(plotters: Plotters, name: str, data: bytes, expect: dict[str, Any]) -> None:
    """The log says what the case says, and comes to its phases in the order of the log."""
    plotter = plotters[name]
    state: LogState = plotter.fold(plotter.begin(), data)
    assert [said(plot, fields) for plot, fields in zip(state.plots, expect["plots"], strict=True)] == expect[
        "plots"
    ]
    assert state.startup_error == expect["startup_error"]
    state, seen = plotter.begin(), []
    before: dict[int, Phase | None] = {}
    for line in data.splitlines(keepends=True):
        state = plotter.fold(state, line)
        for at, plot in enumerate(state.plots):
            if plot.phase is not None and plot.phase != before.get(at):
                seen.append(plot.phase)
            before[at] = plot.phase
    assert [str(phase) for phase in seen] == expect["phases"]
    assert set(seen) <= set(plotter.phases)
