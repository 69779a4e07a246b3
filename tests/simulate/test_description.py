"""Machine files are checked documents, and work can be fitted to real logs."""

from __future__ import annotations

from dataclasses import replace
from glob import glob
from os.path import basename, dirname, join

import pytest

from reconciler.commands.simulating import play
from reconciler.description import MachineDescription, load_machine, parse_machine
from reconciler.description.work import CHIAPOS
from reconciler.errors import DocumentError
from reconciler.plotters import PlotLog
from reconciler.simulate.building import unfit
from reconciler.simulate.fitting import fitted
from reconciler.spec.loading import load

from .machines import machine, plotters, run

EXAMPLES = join(dirname(__file__), "..", "..", "examples", "machines")
NAMES = sorted(basename(path).removesuffix(".yaml") for path in glob(join(EXAMPLES, "*.yaml")))


def test_there_are_six_different_machines() -> None:
    found = [load_machine(join(EXAMPLES, f"{name}.yaml")) for name in NAMES]
    assert len({(each.cpus, len(each.drives), len(each.farmers)) for each in found}) == len(found) == 6


@pytest.mark.parametrize("name", NAMES)
def test_every_example_runs_with_its_spec(name: str) -> None:
    described = load_machine(join(EXAMPLES, f"{name}.yaml"))
    loaded = load(join(EXAMPLES, "specs", f"{name}.yaml"))
    assert unfit(described, loaded.spec) == []
    found = play(described, loaded, plotters(), days=0.3, warm_up=0.1)
    assert (found.failed, found.lost) == (0, 0)
    assert found.started > 0
    assert 0 < found.bound == min(found.bounds.values())


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("cpus: none", "cpus"),
        ("cpus: 4\nmemory: 4GB\ndrives:\n- {name: a, bytes: 2000, read: 1GB/s, write: 1GB/s}", "bytes"),
        ("cpus: 4\nmemory: 4GB\ndrives:\n- {name: a, bytes: 2TB, read: fast, write: 1GB/s}", "fast"),
        (
            "cpus: 4\nmemory: 4GB\ndrives:\n- {name: a, bytes: 2TB, read: 1GB/s, write: 1GB/s, tmp: [/a]}\n"
            "- {name: b, bytes: 2TB, read: 1GB/s, write: 1GB/s, tmp: [/a]}",
            "/a twice",
        ),
        (
            "cpus: 4\nmemory: 4GB\ndrives:\n- {name: a, bytes: 2TB, read: 1GB/s, write: 1GB/s}\n"
            "farmers:\n- host: f\n  link: lan\n"
            "  disks: [{name: d, path: /f, bytes: 2TB, read: 1GB/s, write: 1GB/s}]",
            "links are none",
        ),
        ("cpus: 4\ncolour: red", "colour"),
        ("cpus: 4\nmemory: 0\ndrives:\n- {name: a, bytes: 2TB, read: 1GB/s, write: 1GB/s}", "memory"),
        ("cpus: 4\nmemory: 4GB\ndrives:\n- {name: a, bytes: 0, read: 1GB/s, write: 1GB/s}", "bytes"),
        (
            "cpus: 4\nmemory: 4GB\ndrives:\n- {name: a, bytes: 2TB, read: 1GB/s, write: 1GB/s}\nspread: 1",
            "less than 1",
        ),
        (
            "cpus: 4\nmemory: 4GB\ndrives:\n- {name: a, bytes: 2TB, read: 1GB/s, write: 1GB/s}\n"
            "work: [{plotter: chiapos, phases: [{cpu_seconds: 0, threads: 1, read: 0, written: 0}]}]",
            "takes no processor time",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(line: str, told: str) -> None:
    with pytest.raises(DocumentError, match=r"machine\.yaml:") as refused:
        parse_machine(f"version: 1\n{line}\n", "machine.yaml")
    assert told in str(refused.value)


def _logs(described: MachineDescription) -> list[PlotLog]:
    """What the logs of a run on that machine say."""
    found = run(described, {"max_jobs": 1, "stagger": 0}, days=1.2)
    chia = plotters()["chia"]
    disks = found.computer.disks
    logs = [file for _, file in disks.listing("/var/lib/plotman/logs") if file is not None]
    states = [chia.fold(chia.begin(), bytes(file.data)) for file in logs]
    return [plot for state in states for plot in state.plots]


def test_work_that_is_fitted_to_logs_takes_as_long_as_they_say() -> None:
    phases = tuple(
        replace(phase, cpu_seconds=phase.cpu_seconds * factor)
        for phase, factor in zip(CHIAPOS.phases, (0.5, 0.7, 0.6, 1.3), strict=True)
    )
    logs = _logs(replace(machine(), work=(replace(CHIAPOS, phases=phases),)))
    found = fitted(machine(), plotters()["chia"], logs)
    assert found is not None
    (again, *_) = _logs(found)
    assert again.phase_seconds == pytest.approx(logs[0].phase_seconds, rel=1e-3)


def test_no_finished_plot_fits_nothing() -> None:
    assert fitted(machine(), plotters()["chia"], [PlotLog(k=32)]) is None
