"""What should be done, and what holds it back: one proposer or limit a file.

Pure. A rule reads no clock, disk or network; ties break by name; rules do not know one another.

A *proposer* yields the candidates of one kind of action, best first. It sees what has been admitted
already and may change its mind between two candidates. A *limit* judges one candidate; None: it has
nothing to say about this kind.

To add a limit: a file with one function, a line in LIMITS. The order is the order of judgement, and
the first that holds the best candidate is the reason that people are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reconciler.rules import (
    approval,
    archive,
    archive_backoff,
    clean,
    conflict,
    crash,
    deletions,
    drained,
    dst_jobs,
    dst_space,
    farm_room,
    in_all,
    kill,
    known,
    last_resort,
    log_space,
    max_jobs,
    paused,
    per_disk,
    per_link,
    per_source,
    phase_stagger,
    quarantine,
    resume,
    retire,
    retire_backoff,
    retire_cap,
    retire_turn,
    spawn,
    stagger,
    stop_after,
    suspend,
    takes,
    tmp_jobs,
    tmp_space,
    transfers,
    window,
)
from reconciler.want import Admitted, Kind, Limit, Proposer, Retire, Verdict, Want

if TYPE_CHECKING:
    from reconciler.facts import Facts

PROPOSERS: tuple[tuple[Kind, Proposer], ...] = (
    ("kill", kill.propose),
    ("resume", resume.propose),
    ("suspend", suspend.propose),
    ("archive", archive.propose),
    ("retire", retire.propose),
    ("clean", clean.propose),
    ("spawn", spawn.propose),
)
"""In the order of planning: what frees comes before what takes."""

_MOVING: tuple[Limit, ...] = (
    paused.judge,
    takes.judge,
    conflict.judge,
    quarantine.judge,
    archive_backoff.judge,
    in_all.judge,
    per_link.judge,
    transfers.judge,
    per_source.judge,
    per_disk.judge,
)
"""What a move must pass beside the room for it, and so also whatever makes that room."""


def _of_heir(limit: Limit) -> Limit:
    """The same limit, asked of the move of the plot that an old one gives way to."""

    def judge(facts: Facts, admitted: Admitted, want: Want) -> Verdict | None:
        return limit(facts, admitted, want.heir) if isinstance(want, Retire) else None

    return judge


LIMITS: Mapping[Kind, tuple[Limit, ...]] = {
    "kill": (deletions.judge, approval.judge),
    "resume": (known.judge,),
    "suspend": (),
    "archive": (known.judge, *_MOVING, farm_room.judge),
    "retire": (
        known.judge,
        *map(_of_heir, _MOVING),
        retire_turn.judge,
        retire_backoff.judge,
        retire_cap.judge,
        last_resort.judge,
        deletions.judge,
        approval.judge,
    ),
    "clean": (known.judge, deletions.judge, approval.judge),
    "spawn": (
        known.judge,
        drained.judge,
        paused.judge,
        stop_after.judge,
        window.judge,
        crash.judge,
        max_jobs.judge,
        stagger.judge,
        tmp_jobs.judge,
        phase_stagger.judge,
        dst_jobs.judge,
        tmp_space.judge,
        dst_space.judge,
        log_space.judge,
    ),
}
"""By kind of action, in the order of judgement. `known` is the gate: where it holds, no other is asked."""
