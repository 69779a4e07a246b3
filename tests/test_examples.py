"""Every numbered example is a valid spec, and does on an idle farm what its first lines say."""

from __future__ import annotations

import os
from glob import glob

import pytest

from reconciler.farmer import Disk, Farmer
from reconciler.observation import Observation
from reconciler.plan import plan
from reconciler.plotters import Plotters
from reconciler.spec.loaded import Loaded
from reconciler.spec.loading import load
from reconciler.state import Directory, Instant, Known, Space

EXAMPLES = sorted(glob(os.path.join(os.path.dirname(__file__), "..", "examples", "[0-9]*.yaml")))
SATURDAY_NIGHT = 1_764_453_600.0  # 2025-11-29 22:00 UTC
TB = 10**12


def idle(loaded: Loaded) -> Observation:
    """Every directory there and empty, on a drive of its own, and nothing runs."""
    spec = loaded.spec
    directories = spec.directories
    paths = (
        [d.path for d in directories.tmp]
        + [d.path for d in directories.tmp2]
        + [d.path for d in directories.dst]
    )
    return Observation(
        host="plotter",
        now=Instant(SATURDAY_NIGHT, 1000.0, "boot"),
        cpus=24,
        memory=64 * 10**9,
        jobs=Known(()),
        starts=Known(()),
        transfers=Known(()),
        overrides=Known(()),
        directories={
            path: Directory(
                path=path,
                real=path,
                space=Known(Space(f"8:{number}", 2 * TB, 2 * TB)),
                plots=Known(()),
                temps=Known(()),
            )
            for number, path in enumerate((*paths, directories.logs.path))
        },
        farmers={
            archive.name: Farmer(
                name=archive.name, disks=Known((Disk(path="/farm/00", space=Known(Space("9:0", TB, TB))),))
            )
            for archive in spec.archive
        },
    )


@pytest.fixture(scope="module")
def plotters() -> Plotters:
    return Plotters.load()


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize("path", EXAMPLES, ids=os.path.basename)
def test_an_example_is_valid_without_a_warning(path: str) -> None:
    assert load(path, home="/home/owner").warnings == ()


@pytest.mark.parametrize("path", EXAMPLES, ids=os.path.basename)
def test_on_an_idle_farm_an_example_starts_a_job_unless_it_is_drained(path: str, plotters: Plotters) -> None:
    loaded = load(path, home="/home/owner")
    assert loaded.spec.plotting is not None
    made = plan(loaded.spec, idle(loaded), plotters)
    if loaded.spec.plotting.state == "drained":
        assert {(hold.kind, hold.rule) for hold in made.holds} == {("spawn", "drained")}
        assert made.actions == ()
    else:
        assert {action.kind for action in made.actions} == {"spawn"}
