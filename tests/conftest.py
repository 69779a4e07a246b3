"""What may run side by side, and where what it reads is kept."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes is up to the machine, and what a run tries is not up to chance; but who wants to search
# for what nobody has thought of runs `pytest --hypothesis-profile searching`.
settings.register_profile("searching", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("steady", settings.get_profile("searching"), derandomize=True)
settings.load_profile("steady")

PLOTTING = ("commands", "observe", "real")
"""Rooms whose tests run real plot jobs, or count on those of no other test: they see each other's processes."""

PLOTTING_TOO = (
    "test_browser.py",
    "test_chiapos.py",
    "test_docker.py",
    "test_feed.py",
    "test_gitops_rings.py",
    "test_systemd.py",
    "test_terminal.py",
)
"""Likewise, in other rooms."""

LOOKING_NOWHERE = (
    "commands/test_analyze.py",
    "commands/test_clean.py",
    "commands/test_codes.py",
    "commands/test_farmers.py",
    "commands/test_grafana.py",
    "commands/test_help.py",
    "commands/test_live.py",
    "commands/test_plan_all.py",
    "commands/test_plotter.py",
    "commands/test_report.py",
    "commands/test_tune.py",
    "machine/test_files.py",
    "machine/test_load.py",
    "machine/test_locks.py",
    "machine/test_manager.py",
    "machine/test_mounts.py",
    "machine/test_probes.py",
    "machine/test_watching.py",
    "machine/test_writing.py",
    "observe/test_farmers.py",
    "observe/test_removals.py",
    "observe/test_stalls.py",
    "observe/test_states.py",
    "real/test_live.py",
)
"""Those of these rooms that look at no process but their own."""

LONGEST = 600.0
"""Seconds after which a test hangs, also on a machine that is busy with other things."""

SLEEPING = "machine"
"""The room whose processes are of a kind that no other room looks for: they see each other's."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tests that plot run one after the other, on one worker; so do those that look for sleepers, on another."""
    if item.get_closest_marker("timeout") is None:
        item.add_marker(pytest.mark.timeout(LONGEST))
    path = item.path.relative_to(Path(__file__).parent)
    if str(path) in LOOKING_NOWHERE:
        return
    if path.parts[0] == SLEEPING:
        item.add_marker(pytest.mark.xdist_group("sleeping"))
    elif path.name in PLOTTING_TOO or path.parts[0] in PLOTTING:
        item.add_marker(pytest.mark.xdist_group("plotting"))


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """What a shell runs in the background ignores SIGINT, and so would all that tests start and interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing that tests read is kept in the cache of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
