"""A host that follows a repository, as its loop would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reconciler.machine import LocalMachine
from reconciler.revision import Revisions
from reconciler.sources.git import GitSource
from reconciler.sources.kept import Load
from reconciler.sources.setting import Setting
from reconciler.spec.files import Files
from reconciler.spec.judge import judged
from reconciler.spec.loaded import Loaded
from reconciler.spec.loading import load
from tests.sources.forge import PATH

PATIENCE = 60.0
HASTY = (
    "from reconciler import commands; from reconciler.sources import waiting;"
    "waiting.SHORTEST = 0.02; commands.main()"
)
"""plotman, whose looks at a repository follow upon one another as fast as they are asked for."""


def read(files: Files, path: str) -> Loaded:
    return load(path, home="/home/ann", files=files)


def setting(url: str, state: Path, **more: Any) -> Setting:
    values = {"git": url, "path": PATH, "state": str(state), "interval": 3600, "timeout": 60, **more}
    return judged(Setting, values)


@contextmanager
def following(
    given: Setting, environment: Mapping[str, str] | None = None, load: Load = read
) -> Iterator[GitSource]:
    source = GitSource(given, load, LocalMachine(), environment=environment or {})
    try:
        yield source
    finally:
        source.close()
        thread = source._thread
        if thread.ident is not None:
            thread.join(PATIENCE)
            assert not thread.is_alive()


def tmps(loaded: Loaded) -> list[str]:
    return [directory.path for directory in loaded.spec.directories.tmp]


def until(source: GitSource, done: Callable[[Revisions], bool]) -> Revisions:
    """Have it look until that holds."""
    deadline = time.monotonic() + PATIENCE
    source.hurry()
    while not done(source.revisions()):
        assert time.monotonic() < deadline, source.revisions()
        time.sleep(0.01)
    return source.revisions()


def applied(commit: str) -> Callable[[Revisions], bool]:
    """That commit is in force, and nothing stands in its way."""
    return lambda seen: seen.applied is not None and seen.applied.commit == commit and seen.obstacle is None


def held(commit: str, obstacle: str) -> Callable[[Revisions], bool]:
    """That commit was met, and is not followed for that reason."""
    return lambda seen: (
        seen.attempted is not None and seen.attempted.commit == commit and seen.obstacle == obstacle
    )
