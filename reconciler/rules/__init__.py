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

from reconciler.rules import (
    archive,
    archive_backoff,
    clean,
    conflict,
    crash,
    drained,
    dst_jobs,
    dst_space,
    farm_room,
    kill,
    known,
    log_space,
    max_jobs,
    paused,
    per_disk,
    per_source,
    phase_stagger,
    resume,
    spawn,
    stagger,
    stop_after,
    suspend,
    tmp_jobs,
    tmp_space,
    transfers,
    window,
)
from reconciler.want import Kind, Limit, Proposer

PROPOSERS: tuple[tuple[Kind, Proposer], ...] = (
    ("kill", kill.propose),
    ("resume", resume.propose),
    ("suspend", suspend.propose),
    ("archive", archive.propose),
    ("clean", clean.propose),
    ("spawn", spawn.propose),
)
"""In the order of planning: what frees comes before what takes."""

LIMITS: Mapping[Kind, tuple[Limit, ...]] = {
    "kill": (),
    "resume": (known.judge,),
    "suspend": (),
    "archive": (
        known.judge,
        paused.judge,
        conflict.judge,
        archive_backoff.judge,
        transfers.judge,
        per_source.judge,
        per_disk.judge,
        farm_room.judge,
    ),
    "clean": (known.judge,),
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
