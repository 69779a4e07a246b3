"""What arithmetic says of the example machines before anything is tried."""

from __future__ import annotations

from dataclasses import replace
from os.path import dirname, join

import pytest

from reconciler.description import load_machine
from reconciler.simulate.building import spec_for
from reconciler.spec.loading import load, parse
from reconciler.spec.writing import write
from reconciler.tune.ground import Ground, ground, roomy
from tests.simulate.machines import plotters

MACHINES = join(dirname(__file__), "..", "..", "examples", "machines")
NAMES = ("big64", "hetero24", "mid12", "nuc4", "sata24", "slownet16")


def known(name: str) -> Ground:
    spec = load(join(MACHINES, "specs", f"{name}.yaml")).spec
    return ground(load_machine(join(MACHINES, f"{name}.yaml")), spec, plotters()["chia"])


@pytest.mark.parametrize("name", NAMES)
def test_every_start_is_sound_and_fits_into_memory(name: str) -> None:
    found = known(name)
    starts = list(found.starts())
    assert starts
    for setting in starts:
        assert setting == setting.sound(found.groups)
        assert 1 <= setting.max_jobs <= found.memory
        assert setting.stagger > 0


def test_drives_that_are_alike_get_one_setting_and_others_their_own() -> None:
    assert [len(group.paths) for group in known("sata24").groups] == [8]
    assert [group.paths for group in known("hetero24").groups] == [
        (f"/mnt/tmp/0{number}",) for number in range(5)
    ]


def test_faster_drives_begin_with_more_jobs() -> None:
    nvme, *_, stripe = known("hetero24").shared(1.0)
    assert nvme > stripe >= 1


def test_a_farm_of_any_size_is_large_enough_for_a_run() -> None:
    described = load_machine(join(MACHINES, "nuc4.yaml"))
    tiny = [replace(drive, bytes=10**12) if drive.farm else drive for drive in described.drives]
    described = replace(described, drives=tuple(tiny))
    spec = parse(write(spec_for(described)), "spec.yaml").spec  # type: ignore[arg-type]
    plotter = plotters()["chia"]
    found = ground(described, spec, plotter)
    times = found.too_small(10.0)
    assert found.farm == 18
    assert times > 1
    assert ground(roomy(described, times), spec, plotter).too_small(10.0) == 1


def test_the_time_that_is_tried_grows_with_the_time_that_a_job_takes() -> None:
    text = load(join(MACHINES, "specs", "nuc4.yaml")).text
    described, plotter = load_machine(join(MACHINES, "nuc4.yaml")), plotters()["chia"]
    small = ground(described, parse(text.replace("keys:", "k: 25\n  keys:"), "s.yaml").spec, plotter)
    assert small.days < known("nuc4").days / 50
    assert 2 < known("nuc4").days <= 10
