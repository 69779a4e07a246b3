"""What the repository of a source document gives now."""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import replace

from reconciler.commands.context import load_plotters, load_spec, setting_at
from reconciler.spec.loaded import Loaded


def newest(path: str) -> Loaded | None:
    """The spec that a host with the source document at that path would follow; None: something else is there.

    Fetches and verifies it as if for the first time, and keeps nothing. Raises SpecError, PlotterError.
    """
    setting = setting_at(path)
    if setting is None:
        return None
    from reconciler.machine import LocalMachine
    from reconciler.sources.git import GitSource

    plotters = load_plotters(path)
    # A fetch that is given up may still be writing there.
    with tempfile.TemporaryDirectory(prefix="plotman-", ignore_cleanup_errors=True) as folder:
        fresh = replace(setting, state=folder)
        source = GitSource(fresh, lambda files, inside: load_spec(inside, plotters, files), LocalMachine())
        with closing(source):
            return source.current()
