"""Plotters that move plots to one disk at the same moment never claim more room than there is."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.transports.farm import MEGABYTE, Farm, Mover

PLOTS = ("plot-a.plot", "plot-b.plot")


def pair(farm: Farm, number: int) -> tuple[Farm, Farm]:
    """Two plotters whose plots' names come in this or in the other order."""
    first, second = PLOTS if number % 2 else PLOTS[::-1]
    twin = farm.logs.parent / "twin"
    twin.mkdir(exist_ok=True)
    return replace(farm, plot=first, host="one"), replace(farm, plot=second, host="two", source=twin)


def admitted(mover: Mover) -> bool:
    return b'"reserved"' in mover.log.read_bytes()


@pytest.mark.parametrize("small", [("rsync", "tmpfs"), ("sftp", "tmpfs")], indirect=True, ids="-".join)
@pytest.mark.parametrize("number", range(3))
def test_of_two_plots_where_one_fits_one_gives_way(small: Farm, number: int) -> None:
    farms = pair(small, number)
    data = [farm.put(5 * MEGABYTE, seed=n) for n, farm in enumerate(farms)]
    movers = [farm.start() for farm in farms]
    told = [mover.ended() for mover in movers]
    assert sorted(map(admitted, movers)) == [False, True]
    for mover, log, farm, whole in zip(movers, told, farms, data, strict=True):
        if admitted(mover):
            assert log.outcome == "finished", log.error
            assert farm.at_target.read_bytes() == whole
        else:
            # Where the other was done before it looked, the disk is full.
            assert log.kind in {"crowded", "full"}, log.error
            assert farm.at_source.read_bytes() == whole
            assert not farm.at_target.exists()
    assert len(os.listdir(small.disk)) == 1


@pytest.mark.parametrize("small", [("rsync", "tmpfs"), ("sftp", "tmpfs")], indirect=True, ids="-".join)
def test_two_plots_that_both_fit_move_at_once(small: Farm) -> None:
    farms = pair(small, 0)
    data = [farm.put(3 * MEGABYTE, seed=n) for n, farm in enumerate(farms)]
    movers = [farm.start() for farm in farms]
    assert [mover.ended().outcome for mover in movers] == ["finished", "finished"]
    assert [farm.at_target.read_bytes() for farm in farms] == data


@pytest.mark.parametrize("small", [("rsync", "tmpfs"), ("sftp", "tmpfs")], indirect=True, ids="-".join)
@pytest.mark.parametrize(("hours", "counts"), [(5, True), (7, False)])
def test_another_plotters_part_file_claims_room_until_it_is_stale(
    small: Farm, hours: int, counts: bool
) -> None:
    mine, other = pair(small, 1)
    data = mine.put(5 * MEGABYTE)
    left: Path = other.part(7 * MEGABYTE)
    left.write_bytes(b"x")
    changed = left.stat().st_mtime - hours * 3600
    os.utime(left, (changed, changed))
    # The later name gives way at once.
    told = mine.called("plot-c.plot")
    (mine.at_source).rename(told.at_source)
    assert (told.move().kind == "crowded") is counts
    assert left.exists()
    assert told.at_target.exists() is not counts
    assert counts or told.at_target.read_bytes() == data
