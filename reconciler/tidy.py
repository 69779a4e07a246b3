"""What the loop puts away: settled logs, notes and wishes that nothing is left for.

No part of planning: everything that it moves or removes is history, or a wish that is over.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from math import inf
from operator import itemgetter

from reconciler import journal, overrides
from reconciler.desire import observed
from reconciler.facts import Facts
from reconciler.leaves import digest, entries
from reconciler.state import Absent, Deletion, Job, Known, Override, Removal, Start, Transfer
from reconciler.world import Ask, Machine

FEW = 100
"""So many of the newest settled logs stay in the journal's top folder, however old: for back-off and history."""
MANY = 300
"""So many stay for as long as they are recent, and no more, unless the stagger needs them."""
RECENT = 3600.0
"""Seconds after the end of its job or transfer for which a log is recent."""
DAY = 86400.0


def tidy(machine: Machine, facts: Facts, acted_on: Collection[str] = ()) -> None:
    """Shelve what is settled and old, and drop wishes and notes that are over.

    acted_on: ids of jobs that were changed since the facts were seen; their notes are left alone.
    """
    _shelve(machine, facts)
    _drop_wishes(machine, facts)
    for job in facts.all_jobs:
        if job.suspended_by is not None and job.run == "running" and job.id not in acted_on:
            _take_back(machine, facts, job)


def expire(machine: Machine, facts: Facts) -> int:
    """Remove shelved logs older than the spec keeps them; how many. Those that `stop_after` counts stay."""
    logs, plotting = facts.spec.directories.logs, facts.spec.plotting
    counts = plotting is not None and plotting.stop_after is not None
    folders = machine.glob(f"{logs.path}/[0-9][0-9][0-9][0-9]-[0-9][0-9]")
    newest = f"{logs.path}/{datetime.fromtimestamp(max(0.0, facts.now.at - logs.keep), UTC):%Y-%m}"
    removed = 0
    for folder in folders.value if isinstance(folders, Known) else ():
        if folder > newest:
            # What began in that month cannot be as old as that.
            continue
        survey = machine.survey([Ask(folder, names=True)])[folder]
        names = [e.name for e in survey.value.entries if not e.folder] if isinstance(survey, Known) else []
        old = [
            name for name in names if name.endswith(".log") and not (counts and journal.tells_a_plot(name))
        ]
        paths = [f"{folder}/{name}" for name in old]
        for path, stat in (machine.stat(paths) if paths else {}).items():
            if isinstance(stat, Known) and logs.keep < facts.wall_age(stat.value.modified) < inf:
                removed += isinstance(machine.remove(path, stat.value.inode), Known)
    return removed


def _take_back(machine: Machine, facts: Facts, job: Job) -> None:
    """End a suspend that is not wanted any more and did not come to its end.

    Its note must not explain a later stop by hand. Its signal may have reached some processes only, or wait
    until a disk answers: one that goes on takes no stop that was sent before (signal(7)).
    """
    members = machine.members(job.ident, job.leads) if job.ident is not None else Absent("pending")
    if isinstance(members, Known):
        machine.signal(members.value, "continue")
    machine.remove(journal.note_path(facts.spec.directories.logs.path, job.id, "suspended"))


def _shelve(machine: Machine, facts: Facts) -> None:
    logs = facts.spec.directories.logs.path
    stagger = facts.spec.scheduling.stagger
    needed = max(60.0, 0.0 if stagger == "auto" else float(stagger))
    every: tuple[Start | Transfer | Removal | Deletion, ...] = (
        *facts.starts,
        *facts.transfers,
        *facts.replacing.removals,
        *facts.deleted.begun,
    )
    over = [entry for entry in every if entry.outcome in ("finished", "failed", "killed")]
    if len(over) <= FEW:
        return
    settled = sorted(((facts.age(entry.since), entry.id, entry) for entry in over), key=itemgetter(0, 1))
    jobs = {job.id for job in facts.all_jobs}
    for rank, (since, _, entry) in enumerate(settled):
        if rank < FEW:
            continue
        ended = facts.wall_age(entry.ended) if entry.ended is not None else since
        # What may be removed in a day is told by the removals of a day.
        at_least = DAY if isinstance(entry, Removal | Deletion) else needed
        if entry.id in jobs or min(since, ended) <= at_least or (rank < MANY and ended <= RECENT):
            continue
        name = journal.parse_log_name(entry.log.rpartition("/")[2])
        if name is None:
            continue
        if isinstance(entry, Start):
            _drop_own_folders(machine, facts, entry)
        if isinstance(machine.shelve(entry.log, journal.shelf_path(logs, name, entry.outcome)), Known):
            machine.remove(journal.note_path(logs, entry.id, "killed"))
            machine.remove(journal.note_path(logs, entry.id, "suspended"))


def _drop_own_folders(machine: Machine, facts: Facts, start: Start) -> None:
    """The folders that a job may have had for itself go where they are empty; what lies in one is for `clean`."""
    for path in (start.tmp, start.tmp2):
        directory = facts.directory(path) if path is not None else None
        if directory is not None and isinstance(directory.space, Known):
            machine.drop_folder(f"{path}/{start.id}")


def _drop_wishes(machine: Machine, facts: Facts) -> None:
    seen = facts.seen
    if not isinstance(seen.overrides, Known) or not isinstance(seen.jobs, Known):
        return
    for wish in seen.overrides.value:
        if _over(facts, wish):
            overrides.withdraw(machine, facts.spec.directories.logs.path, wish.verb, wish.target)


def _over(facts: Facts, wish: Override) -> bool:
    """Is nothing left that this wish could be about?"""
    if wish.until is not None and wish.until <= facts.now.at:
        return True
    if wish.verb == "pause":
        return False
    if wish.verb == "approve":
        there = {digest(path, leaf) for path, leaf in entries(observed(facts)).items()}
        return not any(grant.leaf in there for grant in wish.grants)
    if wish.verb == "kick":
        return facts.wall_age(wish.since.at) > RECENT
    job = next((job for job in facts.all_jobs if job.id == wish.target), None)
    if job is not None:
        # "Go on" is over once it goes on; only with a time set does it hold against the space rule.
        return wish.verb == "resume" and wish.until is None and job.run == "running"
    if wish.verb != "kill":
        return True
    # Its files are looked for only while this wish stands, and only where that look succeeded are they gone.
    plot_ids = {wish.plot_id, *(s.plot_id for s in facts.starts if s.id == wish.target)} - {None}
    directories = [facts.directory(path) for path in wish.directories]
    looked = [d.temps.value for d in directories if d is not None and isinstance(d.temps, Known)]
    left = any(temp.job == wish.target or temp.plot_id in plot_ids for temps in looked for temp in temps)
    return not left and all(
        d is None or not isinstance(d.space, Known) or isinstance(d.temps, Known) for d in directories
    )
