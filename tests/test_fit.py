"""A spec that does not fit its plotter is told so, at the key that is wrong, before anything starts."""

from __future__ import annotations

import pytest

from reconciler.fit import misfits
from reconciler.plotters import Plotters
from reconciler.spec.loading import parse

PLACES = """
version: 3
directories: {tmp: [/mnt/tmp/00], dst: [/mnt/dst/00], logs: /logs}
"""


@pytest.fixture(scope="module")
def plotters() -> Plotters:
    return Plotters.load()


def told(text: str, plotters: Plotters) -> list[str]:
    return [str(problem) for problem in misfits(parse(PLACES + text, "x.yaml"), plotters)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "plotting: {plotter: chai}",
            "x.yaml:4:21: plotting.plotter: chai is no plotter's name; did you mean chia?",
        ),
        (
            "plotting: {plotter: chia, options: {thread: 2}}",
            "x.yaml:4:45: plotting.options.thread: option thread is not known to this plotter; did you mean threads?",
        ),
        (
            "plotting: {plotter: chia}\nscheduling: {tmp: {stagger: {until: 2:9}}}",
            "x.yaml:5:37: scheduling.tmp.stagger.until: chia does not show phase 2:9; it shows 1:0, 1:1,",
        ),
        (
            "plotting: {plotter: bladebit-disk, k: 33}",
            "x.yaml:4:39: plotting.k: k is 33; this plotter makes 32",
        ),
    ],
    ids=["no such plotter", "no such option", "a phase it does not show", "a k it does not make"],
)
def test_a_misfit_is_told_at_its_key(text: str, expected: str, plotters: Plotters) -> None:
    assert any(line.startswith(expected) for line in told(text, plotters)), told(text, plotters)


def test_what_fits_is_not_complained_about(plotters: Plotters) -> None:
    assert told("plotting: {plotter: chia, options: {threads: 2}}", plotters) == []


def test_nothing_plotted_is_nothing_to_fit(plotters: Plotters) -> None:
    assert told("", plotters) == []


def test_the_same_fault_on_two_directories_is_told_once(plotters: Plotters) -> None:
    text = PLACES.replace("[/mnt/tmp/00]", "[/mnt/tmp/00, /mnt/tmp/01]") + "plotting: {options: {thread: 2}}"
    assert len(misfits(parse(text, "x.yaml"), plotters)) == 1
