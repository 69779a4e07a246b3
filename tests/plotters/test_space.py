"""Sizes, peaks and what may still come."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.plotters import Growth, Plotter, Plotters
from reconciler.plotters.definition import Mode
from reconciler.plotters.names import parse
from reconciler.spec.judge import judged
from reconciler.state import Phase

GIB = 2**30


@cache
def known() -> Plotters:
    return Plotters.load()


NAMES = st.sampled_from(sorted(known()))
KS = st.integers(16, 50)
PHASES = st.builds(Phase, st.integers(0, 6), st.integers(0, 9))


@given(NAMES, KS, PHASES, st.booleans())
@settings(deadline=None)
def test_what_may_still_come_is_never_more_than_the_peak(name: str, k: int, phase: Phase, tmp2: bool) -> None:
    plotter = known()[name]
    peak, rest = plotter.peak(k, tmp2), plotter.growth(k, phase, tmp2)
    assert 0 <= rest.tmp <= peak.tmp
    assert 0 <= rest.tmp2 <= peak.tmp2


@pytest.mark.parametrize("tmp2", [False, True])
def test_a_later_phase_never_has_more_to_come(plotters: Plotters, tmp2: bool) -> None:
    for plotter in plotters.values():
        rests = [plotter.growth(32, phase, tmp2) for phase in (None, *plotter.phases)]
        assert [rest.tmp for rest in rests] == sorted((rest.tmp for rest in rests), reverse=True)
        assert [rest.tmp2 for rest in rests] == sorted((rest.tmp2 for rest in rests), reverse=True)


def test_a_job_of_chia_that_copies_needs_no_more_room_on_tmp(plotters: Plotters) -> None:
    assert plotters["chia"].growth(32, Phase(5, 0), False) == Growth(0, 0)
    assert 0 < plotters["chia"].growth(32, Phase(3, 1), False).tmp < plotters["chia"].peak(32, False).tmp / 2


@given(NAMES, KS, st.booleans())
@settings(deadline=None)
def test_an_unknown_phase_counts_as_the_whole_peak(name: str, k: int, tmp2: bool) -> None:
    plotter = known()[name]
    assert plotter.growth(k, None, tmp2) == plotter.growth(k, Phase(0, 0), tmp2) == plotter.peak(k, tmp2)


@given(NAMES, KS)
@settings(deadline=None)
def test_a_typical_plot_lies_within_its_band_and_larger_k_takes_more(name: str, k: int) -> None:
    plotter = known()[name]
    low, high = plotter.band(k)
    assert 0 <= low <= plotter.final_bytes(k) <= high
    assert plotter.final_bytes(k) < plotter.final_bytes(k + 1)
    assert plotter.peak(k, False).tmp < plotter.peak(k + 1, False).tmp
    assert plotter.peak(k, False).tmp2 == 0
    assert plotter.peak(k, True).tmp2 >= plotter.band(k, plotter.compression({}))[1]


@pytest.mark.parametrize(
    ("k", "size"),
    [
        (32, 108_834_390_977),
        (32, 108_790_000_000),
        (32, 108_890_000_000),
        (32, round(101.330 * GIB)),
        (25, round(0.622 * GIB)),
        (20, 16_966_467),
        (33, round(208.8 * GIB)),
    ],
)
def test_plots_that_were_really_made_lie_in_the_band(plotters: Plotters, k: int, size: int) -> None:
    low, high = plotters["chia"].band(k)
    assert low <= size <= high


@pytest.mark.parametrize(("k", "gib"), [(32, 239), (33, 512), (34, 1041), (35, 2175)])
def test_peaks_are_the_published_ones(plotters: Plotters, k: int, gib: int) -> None:
    assert plotters["chia"].peak(k, False).tmp == pytest.approx(gib * GIB, rel=1e-4)


def test_of_two_neighbours_the_hungrier_one_counts(plotters: Plotters) -> None:
    """Per unit of size k24 was measured to take more than k32 is published to: k28 lies between."""
    chia = plotters["chia"]
    units = {k: (2 * k + 1) << (k - 1) for k in (24, 28, 32)}
    needs = {k: chia.peak(k, False).tmp / units[k] for k in units}
    assert needs[28] == pytest.approx(max(needs[24], needs[32]))


def test_both_directories_in_one_need_less_than_apart(plotters: Plotters) -> None:
    alone, apart = plotters["chia"].peak(32, False), plotters["chia"].peak(32, True)
    assert alone.tmp <= apart.tmp + apart.tmp2
    assert isinstance(alone, Growth)


def test_a_plot_without_bitfield_takes_more_at_its_peak_and_no_more_at_its_end(plotters: Plotters) -> None:
    chia = plotters["chia"]
    usual, more = chia.peak(32, False), chia.peak(32, False, {"nobitfield": True})
    assert more.tmp == pytest.approx(332 * GIB, rel=0.01)
    assert chia.peak(32, False, {"nobitfield": False}) == usual
    assert chia.growth(32, Phase(5, 0), False, {"nobitfield": True}) == Growth(0, 0)


@pytest.mark.parametrize(
    ("options", "gib"),
    [
        ({}, 101.4),
        ({"disk_128": True}, 101.4 + 128),
        ({"disk_16": True}, 101.4 + 240),
        ({"disk_16": False}, 101.4),
    ],
)
def test_what_is_not_in_memory_is_on_disk(plotters: Plotters, options: dict[str, bool], gib: float) -> None:
    assert plotters["bladebit-cuda"].peak(32, False, options).tmp == pytest.approx(gib * GIB, rel=0.001)


def test_of_several_options_each_counts(plotters: Plotters) -> None:
    disk = plotters["bladebit-disk"].definition
    twice = {"option": "threads", "value": 9, "alone": 2}
    blind = {"option": "cache", "rests": False}
    modes = (*disk.space.modes, judged(Mode, twice), judged(Mode, blind))
    plotter = Plotter(replace(disk, space=replace(disk.space, modes=modes)))
    usual = plotter.peak(32, False).tmp
    assert plotter.peak(32, False, {"threads": 9}).tmp == 2 * usual
    assert plotter.peak(32, False, {"threads": 8}).tmp == usual
    both = plotter.peak(32, False, {"threads": 9, "alternate": True}).tmp
    assert both == pytest.approx(2 * 0.845 * usual, rel=1e-6)
    assert plotter.growth(32, Phase(3, 1), False, {"cache": "64G"}) == plotter.peak(32, False)


@pytest.mark.parametrize(
    ("name", "k", "level", "gib"),
    [
        ("bladebit-cuda", 32, 1, 87.5),
        ("bladebit-cuda", 32, 2, 86.0),
        ("bladebit-cuda", 32, 3, 84.5),
        ("bladebit-cuda", 32, 4, 82.9),
        ("bladebit-cuda", 32, 5, 81.3),
        ("bladebit-ram", 32, 6, 79.6),
        ("bladebit-ram", 32, 7, 78.0),
        ("bladebit-ram", 32, 9, 75.2),
        ("gigahorse", 32, 7, 74.6),
        ("gigahorse-cuda", 32, 18, 59.65),
        ("gigahorse-cuda-v3", 32, 30, 43.3),
        ("mmx-cuda", 29, 0, 36.376),
        ("mmx-cuda", 32, 0, 320.321),
        ("mmx-cuda", 32, 15, 308.351),
        ("mmx-cuda", 29, 15, 34.893),
    ],
)
def test_plots_of_every_level_are_as_large_as_published(
    plotters: Plotters, name: str, k: int, level: int, gib: float
) -> None:
    assert plotters[name].final_bytes(k, level) == pytest.approx(gib * GIB, rel=0.003)
    low, high = plotters[name].band(k, level)
    assert low <= gib * GIB <= high


@given(NAMES, KS, st.integers(1, 40))
@settings(deadline=None)
def test_a_higher_level_is_never_larger(name: str, k: int, level: int) -> None:
    plotter = known()[name]
    low, high = plotter.band(k, level)
    assert 0 <= low <= plotter.final_bytes(k, level) <= high <= plotter.band(k)[1]
    assert plotter.band(k, level + 1)[1] <= high
    assert plotter.final_bytes(k, level + 1) <= plotter.final_bytes(k, level)


def test_a_level_between_two_that_are_known_may_be_as_large_as_either(plotters: Plotters) -> None:
    """Measured: a k22 plot of Gigahorse at C3 has 65,563,589 bytes and a KiB more."""
    low, high = plotters["gigahorse"].band(22, 3)
    assert low <= 65_563_589 + 1024 <= high


@pytest.mark.parametrize(
    ("name", "size", "fits"),
    [
        ("plot-k32-c07-{}.plot", 78.0, True),
        ("plot-k32-c07-{}.plot", 74.6, False),
        ("plot-k32-c7-{}.plot", 74.6, True),
        ("plot-k32-c7-{}.plot", 78.0, False),
        ("plot-k32-c18-{}.plot", 59.65, True),
        ("plot-k32-c30-{}.plot", 43.3, True),
        ("plot-k32-{}.plot", 101.4, True),
        ("plot-k32-{}.plot", 90.0, False),
        ("plot-k32-{}.plot", 320.0, False),
        ("plot-mmx-hdd-k32-{}.plot", 320.3, True),
        ("plot-mmx-k32-c5-{}.plot", 316.331, True),
        ("plot-mmx-k32-{}.plot", 101.4, True),
        ("plot-mmx-ssd-k32-{}.plot", 128.3, True),
        ("plot-k28-{}.plot2", 0.92, True),
        ("plot-k28-{}.plot2", 6.0, False),
        ("plot-k28-{}.gplot", 500.0, True),
        ("plot-k33-c05-{}.plot", 167.4, True),
    ],
)
def test_a_files_name_tells_how_large_it_may_be(
    plotters: Plotters, name: str, size: float, fits: bool
) -> None:
    parsed = parse(name.format("0f" * 32))
    assert parsed is not None
    low, high = plotters.band(parsed.k, parsed.compression, parsed.kind, parsed.digits)
    assert (low <= size * GIB <= high) is fits


def test_without_the_digits_a_level_may_be_of_any_family(plotters: Plotters) -> None:
    low, high = plotters.band(32, 7)
    assert low <= 74.6 * GIB <= 78.0 * GIB <= high


@pytest.mark.parametrize("name", ["chia", "chiapos"])
def test_a_course_goes_through_every_phase_in_order_and_never_holds_more_than_the_peak(
    plotters: Plotters, name: str
) -> None:
    plotter = plotters[name]
    legs = plotter.course(32)
    assert [leg.phase for leg in legs] == list(plotter.phases)
    assert [leg.begins for leg in legs] == sorted(leg.begins for leg in legs)
    assert max(leg.held for leg in legs) == plotter.peak(32, False).tmp
    assert all(leg.held > 0 for leg in legs)


def test_a_course_that_is_not_known_in_full_is_none(plotters: Plotters) -> None:
    assert plotters["madmax"].course(32) == ()
    assert plotters["chia"].course(32, {"nobitfield": True}) != ()


def test_a_larger_plot_takes_longer_by_as_much_as_it_has_more_of(plotters: Plotters) -> None:
    usual = plotters["chia"].usual_seconds(32)
    larger = plotters["chia"].usual_seconds(33)
    assert usual is not None
    assert usual == pytest.approx(18558.9, abs=0.1)
    assert larger == pytest.approx(2 * 67 / 65 * usual)
    assert plotters["chia-v2"].usual_seconds(32) is None
