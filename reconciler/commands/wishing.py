"""Verbs that a person speaks: they edit the desired state, ring the loop and tell what came of it.

Only where no loop holds the lock is the wish carried out here, by the same planner and executor.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import click

from reconciler import journal, overrides
from reconciler.actions.kill import directories_of
from reconciler.commands.context import Farm
from reconciler.commands.looping import PARTLY, PLOTTING, code
from reconciler.errors import LockHeld
from reconciler.execute import Executor, Outcome
from reconciler.facts import Facts
from reconciler.loop import KINDS, Work
from reconciler.plan import plan_facts
from reconciler.spec.units import parse_duration
from reconciler.state import Job, Known, Override, Verb
from reconciler.views import words

PAUSE = 0.2
"""Seconds between two looks while a loop is at work."""


class Span(click.ParamType[float]):
    """A duration with its unit, `2h`."""

    name = "DURATION"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds."""
        try:
            return float(parse_duration(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


for_option = click.option("--for", "span", type=Span(), help="For so long, such as 2h; left out: for good.")
why_option = click.option("--why", default="", help="Said wherever the wish is shown.")


def wish(
    farm: Farm, verb: Verb, target: str, *, job: Job | None = None, span: float | None = None, why: str = ""
) -> Override:
    """Write one down. span: seconds until it is over. Raises MachineError."""
    machine = farm.world.machine
    machine.folder(journal.overrides_path(farm.logs))
    now = machine.now()
    asked = Override(
        verb=verb,
        target=target,
        since=now,
        who=getpass.getuser(),
        why=why,
        until=None if span is None else now.at + span,
        ident=job.ident if job is not None else None,
        plot_id=job.plot_id.value if job is not None and isinstance(job.plot_id, Known) else None,
        plotter=job.plotter if job is not None else None,
        directories=directories_of(job) if job is not None else (),
    )
    overrides.write(machine, farm.logs, asked)
    return asked


def withdraw(farm: Farm, verb: Verb, target: str) -> bool:
    """Take one back; was there one?"""
    return overrides.withdraw(farm.world.machine, farm.logs, verb, target)


def ring(farm: Farm) -> bool:
    """Wake whatever loops run here; does one?"""
    works: Sequence[Work] = tuple(KINDS)
    heard = [farm.world.machine.ring(journal.wake_path(farm.logs, work)) for work in works]
    return any(heard)


def fulfil(
    farm: Farm, verb: Verb, jobs: Sequence[Job], done: Callable[[Facts, Job], bool], said: str, patience: float
) -> int:
    """See that a wish about jobs comes true, and say what came of each; the exit code.

    done: whether an observation shows it. said: how to put that. patience: seconds that a loop is given.
    """
    try:
        with _lock(farm):
            outcomes = _perform(farm, verb, {job.id for job in jobs})
    except LockHeld as held:
        ring(farm)
        return _await(farm, jobs, done, said, patience, str(held))
    for outcome in outcomes:
        failed = "" if outcome.result == "done" else f"{outcome.result}: "
        click.echo(words.clean(failed + outcome.text), err=bool(failed))
    facts = farm.look()
    acted = {outcome.action.path for outcome in outcomes}
    left = [job for job in jobs if f"jobs.{job.id}" not in acted]
    for job in left:
        if done(facts, job):
            click.echo(f"{words.job_id(job)} {said}")
        else:
            click.echo(f"{words.job_id(job)} {_waits(job)}", err=True)
    return PARTLY if not all(done(facts, job) for job in left) else code(outcomes)


def _lock(farm: Farm) -> AbstractContextManager[None]:
    machine = farm.world.machine
    return machine.lock(journal.lock_path(farm.logs, PLOTTING[0]), PLOTTING[0])


def _perform(farm: Farm, verb: Verb, ids: set[str]) -> list[Outcome]:
    """Exactly those actions of a fresh plan that the wish brought about; the lock is held."""
    executor = Executor(farm.world, farm.observer, farm.plotters)
    wanted = {f"jobs.{job_id}" for job_id in ids}
    plan = plan_facts(farm.look())
    mine = [action for action in plan.actions if action.kind == verb and action.path in wanted]
    return [executor.perform(farm.loaded.spec, action) for action in mine]


def _await(
    farm: Farm, jobs: Sequence[Job], done: Callable[[Facts, Job], bool], said: str, patience: float, held: str
) -> int:
    """Look until it shows, or patience ends."""
    machine = farm.world.machine
    until = machine.now().up + patience
    left = list(jobs)
    while True:
        facts = farm.look()
        for job in [job for job in left if done(facts, job)]:
            click.echo(f"{words.job_id(job)} {said}")
            left.remove(job)
        if not left:
            return 0
        if machine.now().up >= until:
            break
        machine.wait((), PAUSE, "")
    for job in left:
        click.echo(f"{words.job_id(job)} {_waits(job)}", err=True)
    click.echo(held, err=True)
    return PARTLY


def _waits(job: Job) -> str:
    return "was only just started: it is done once its process shows" if job.run == "pending" else "is not done yet"
