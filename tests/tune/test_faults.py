"""What goes wrong on purpose does go wrong, when it is said to, and is told."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.simulate.outcome import result
from reconciler.simulate.running import Run
from reconciler.simulate.trouble import SLOW
from reconciler.views.simulated import text
from reconciler.views.simulated_page import page
from tests.simulate.machines import DST, MANUAL, machine, plotters, run, spec

DAY = 86400.0
WORDS = ("farmer1.lan is off", "nvme is at 50% of its speed", f"fills {DST}", "the whole farm is full")


def test_each_trouble_holds_for_its_time_and_no_longer() -> None:
    described = machine()
    whole = Run(described, spec(described, **MANUAL), plotters(), days=10, faults=True)
    farmer, disks, clock = whole.computer.network["farmer1.lan"], whole.computer.disks, whole.computer.clock
    drive = whole.hardware.drives["nvme"].resource
    speed = drive.capacity
    signs: tuple[Callable[[], bool], ...] = (
        lambda: farmer.link == "down",
        lambda: drive.capacity == speed * SLOW,
        lambda: disks.device(DST).free == 250 * 10**9,
        lambda: all(farmer.disks.device(path).free == 0 for path in ("/farm/0", "/farm/1")),
    )
    for words, spell, sign in zip(WORDS, whole.faults, signs, strict=True):
        assert words in spell.what
        seen = []
        for moment in (spell.begins - 1, spell.begins + 1, spell.ends - 1, spell.ends + 1):
            clock.advance(moment - clock.time)
            seen.append(sign())
        assert seen == [False, True, True, False], spell.what


def test_each_is_told_with_its_days() -> None:
    described = machine()
    found = result(run(described, days=1, warm_up=0.2, faults=True))
    for told in (text(found), page(found, "a machine")):
        assert all(words in told for words in WORDS)
        assert "day 0.2 to 0.3" in told


def test_without_faults_none_is_told() -> None:
    found = result(run(machine(), days=0.5, warm_up=0.2))
    assert found.faults == ()
    assert "on purpose" not in text(found) + page(found, "a machine")
