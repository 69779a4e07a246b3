"""What would be observed had every action of a plan just been done, and nothing else had happened."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from reconciler import actions
from reconciler.actions import Action
from reconciler.observation import Observation
from reconciler.plan import Plan
from reconciler.state import Absent, Deletion, Ident, Instant, Job, Known, Removal, Transfer


def later(seen: Observation, made: Plan) -> Observation:
    """The observation after all of a plan's actions, a millisecond later, since no two looks share an instant.

    A wish to resume without a time set is over once its job runs, as the loop puts it away.
    """
    running = {job.id for job in _jobs(seen) if job.run == "running"}
    wishes = seen.overrides.value if isinstance(seen.overrides, Known) else ()
    left = tuple(w for w in wishes if not (w.verb == "resume" and w.until is None and w.target in running))
    if isinstance(seen.overrides, Known):
        seen = replace(seen, overrides=Known(left))
    for action in made.actions:
        seen = _after(seen, action)
    return replace(seen, now=Instant(seen.now.at + 0.001, seen.now.up + 0.001, seen.now.boot))


def _after(seen: Observation, action: Action) -> Observation:
    match action:
        case actions.Kill():
            killed = _with_jobs(seen, tuple(job for job in _jobs(seen) if job.id != action.id))
            return _counted(killed, action)
        case actions.Suspend():
            return _steered(
                seen, action.id, replace(_job(seen, action.id), run="suspended", suspended_by=action.by)
            )
        case actions.Resume():
            return _steered(seen, action.id, replace(_job(seen, action.id), run="running", suspended_by=None))
        case actions.Spawn():
            return _with_jobs(seen, (*_jobs(seen), _started(seen, action)))
        case actions.Archive():
            assert isinstance(seen.transfers, Known)
            return replace(seen, transfers=Known((*seen.transfers.value, _moving(seen, action))))
        case actions.Retire():
            assert isinstance(seen.removals, Known)
            return replace(seen, removals=Known((*seen.removals.value, _retiring(seen, action))))
        case actions.Clean():
            directory = seen.directories[action.directory]
            assert isinstance(directory.temps, Known)
            left = tuple(t for t in directory.temps.value if f"{t.directory}/{t.plot_id}" != action.name)
            cleaned = replace(directory, temps=Known(left))
            return _counted(
                replace(seen, directories={**seen.directories, action.directory: cleaned}), action
            )
        case _:
            assert_never(action)


def _counted(seen: Observation, action: actions.Kill | actions.Clean) -> Observation:
    assert isinstance(seen.deletions, Known)
    trace = Deletion(
        id=f"again-{len(seen.deletions.value)}",
        kind=action.kind,
        subject=action.subject,
        since=seen.now,
        log=f"/logs/{action.subject}.{action.kind}.log",
    )
    return replace(seen, deletions=Known((*seen.deletions.value, trace)))


def _jobs(seen: Observation) -> tuple[Job, ...]:
    return seen.jobs.value if isinstance(seen.jobs, Known) else ()


def _job(seen: Observation, name: str) -> Job:
    return next(job for job in _jobs(seen) if job.id == name)


def _with_jobs(seen: Observation, jobs: tuple[Job, ...]) -> Observation:
    return replace(seen, jobs=Known(jobs))


def _steered(seen: Observation, name: str, changed: Job) -> Observation:
    return _with_jobs(seen, tuple(changed if job.id == name else job for job in _jobs(seen)))


def _started(seen: Observation, action: actions.Spawn) -> Job:
    return Job(
        id=action.id,
        plotter="steady",
        run="running",
        since=seen.now,
        ident=Ident(seen.now.boot, 1000 + int(action.id, 16), 1),
        tmp=Known(action.tmp),
        tmp2=Known(action.tmp2) if action.tmp2 is not None else Absent("not given"),
        dst=Known(action.dst),
        k=Known(32),
        ours=True,
    )


def _retiring(seen: Observation, action: actions.Retire) -> Removal:
    return Removal(
        id=f"again-{action.plot}",
        plot=action.plot,
        bytes=action.bytes,
        farmer=action.farmer,
        disk=action.disk,
        heir=action.heir,
        outcome="running",
        since=seen.now,
        log=f"/logs/{action.plot}.retire.log",
    )


def _moving(seen: Observation, action: actions.Archive) -> Transfer:
    return Transfer(
        id=f"again-{action.plot}",
        plot=action.plot,
        source=action.source,
        farmer=action.farmer,
        disk=action.disk,
        bytes=action.bytes,
        outcome="running",
        since=seen.now,
        log=f"/logs/{action.plot}.move.log",
    )
