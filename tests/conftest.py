"""What may run side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

PLOTTING = ("commands", "machine", "observe", "real")
"""Rooms whose tests run real plot jobs, or count on those of no other test: they see each other's processes."""

PLOTTING_TOO = ("test_browser.py", "test_chiapos.py", "test_feed.py", "test_terminal.py")
"""Likewise, in other rooms."""

APART = ("test_farmers.py",)
"""In those rooms, without any plot job."""


# First, since what deals the tests out reads the groups in this very hook.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that plot run one after the other, on one worker."""
    here = Path(__file__).parent
    for item in items:
        room = item.path.relative_to(here).parts[0]
        name = item.path.name
        if (room in PLOTTING and name not in APART) or name in PLOTTING_TOO:
            item.add_marker(pytest.mark.xdist_group("plotting"))
