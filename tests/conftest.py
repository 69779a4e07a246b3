"""What may run side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

PLOTTING = ("commands", "machine", "observe", "real")
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
    "commands/test_grafana.py",
    "commands/test_help.py",
    "commands/test_plan_all.py",
    "commands/test_plotter.py",
    "commands/test_tune.py",
    "machine/test_watching.py",
)
"""Those of these rooms that look at no process but their own."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tests that plot run one after the other, on one worker."""
    path = item.path.relative_to(Path(__file__).parent)
    if path.name in PLOTTING_TOO or (path.parts[0] in PLOTTING and str(path) not in LOOKING_NOWHERE):
        item.add_marker(pytest.mark.xdist_group("plotting"))
