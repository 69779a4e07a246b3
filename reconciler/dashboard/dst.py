"""The dst directories: what waits there, what is on its way, and the room."""

from __future__ import annotations

from reconciler.dashboard import places
from reconciler.dashboard.rows import Column, Row, Sheet, Subject
from reconciler.dashboard.snapshot import Snapshot
from reconciler.state import Directory, Known
from reconciler.views import dirs
from reconciler.views.names import Names
from reconciler.views.symbols import Symbols

COLUMNS = (
    Column("dst"),
    Column("plots", right=True),
    Column("moving", right=True, rank=3),
    Column("free", right=True),
    Column("promised", right=True, rank=4),
    Column("turn", right=True, rank=1),
    Column("inbound phases", rank=2, least=8),
)


def sheet(snapshot: Snapshot, symbols: Symbols) -> Sheet:
    """A row a directory. turn: which of them archiving empties first, second and so on, where plots wait."""
    facts, names = snapshot.facts, Names(snapshot.facts.spec)
    paths = tuple(dict.fromkeys(directory.path for directory in facts.spec.directories.landing))
    shorts = [names.short(path, "dst").removeprefix("dst ") for path in paths]
    turns = dirs.turns(snapshot.wish)
    rows = []
    for path, short in zip(paths, shorts, strict=True):
        directory, jobs = facts.directory(path), facts.on_dst.get(path, ())
        free, promised = places.room(facts, directory)
        waiting = _plots(directory)
        moving = sum(transfer.source == path for transfer in facts.moving.values())
        quiet = not jobs and waiting in ("0", "?")
        well = directory is not None and places.answers(directory.space)
        rows.append(
            Row(
                (short, waiting, str(moving), free, promised, str(turns.get(path, "-")), dirs.phases(jobs, symbols)),
                "bad" if not well else "faint" if quiet else "plain",
                Subject("directory", path),
            )
        )  # fmt: skip
    return Sheet("dst", COLUMNS, tuple(rows), places.common(paths, shorts), "the spec has no dst directory")


def _plots(directory: Directory | None) -> str:
    plots = directory.plots if directory is not None else None
    return str(len(plots.value)) if isinstance(plots, Known) else "?"
