"""Verbs that a person speaks: they edit the desired state, ring the loop and tell what came of it.

Only where no loop holds the lock is the wish carried out here, by the same planner and executor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import click

from reconciler import journal, overrides, wishes
from reconciler.commands.codes import PARTLY
from reconciler.commands.context import Farm
from reconciler.commands.looping import code, recorder_of
from reconciler.errors import LockHeld
from reconciler.execute import Executor
from reconciler.facts import Facts
from reconciler.plan import plan_facts
from reconciler.spec.units import parse_duration
from reconciler.state import Job, Override, Verb
from reconciler.views import words

PAUSE = 0.2
"""Seconds between two looks while a loop is at work."""


def _span(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    """Seconds of ``2h``."""
    try:
        return None if value is None else float(parse_duration(value))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


for_option = click.option(
    "--for", "span", metavar="DURATION", callback=_span, help="For so long, such as 2h; left out: for good."
)
why_option = click.option("--why", default="", help="Said wherever the wish is shown.")


def wish(
    farm: Farm, verb: Verb, target: str, *, job: Job | None = None, span: float | None = None, why: str = ""
) -> Override:
    """Write one down for this farm. span: seconds until it is over. Raises MachineError."""
    return wishes.write(farm.world.machine, farm.logs, verb, target, job=job, span=span, why=why)


def withdraw(farm: Farm, verb: Verb, target: str) -> bool:
    """Take one back; was there one?"""
    return overrides.withdraw(farm.world.machine, farm.logs, verb, target)


def ring(farm: Farm) -> bool:
    """Wake whatever loops run here; does one?"""
    return wishes.ring(farm.world.machine, farm.logs)


def fulfil(
    farm: Farm,
    verb: Verb,
    jobs: Sequence[Job],
    done: Callable[[Facts, Job], bool],
    said: str,
    patience: float,
) -> int:
    """See that a wish about jobs comes true, and say what came of each; the exit code.

    done: whether an observation shows it. said: how to put that. patience: seconds that a loop is given.
    """
    machine = farm.world.machine
    lock = journal.lock_path(farm.logs, "plotting")
    ring(farm)
    until = machine.now().up + patience
    left = list(jobs)
    while True:
        holder = machine.holder(lock)
        if holder is None:
            with suppress(LockHeld), machine.lock(lock, "plotting"):
                return _perform(farm, verb, left, done, said)
        left = _still(farm.look(), left, done, said)
        if not left:
            return 0
        if machine.now().up >= until:
            for job in left:
                click.echo(f"{words.job_id(job)} {_waits(job)}", err=True)
            click.echo(f"the work is with {holder}", err=True)
            return PARTLY
        machine.wait((), PAUSE, "")


def _perform(
    farm: Farm, verb: Verb, jobs: Sequence[Job], done: Callable[[Facts, Job], bool], said: str
) -> int:
    """Exactly those actions of a fresh plan that the wish brought about; the lock is held."""
    executor = Executor(farm.world, farm.observer, farm.plotters)
    asked = {f"jobs.{job.id}" for job in jobs}
    mine = [each for each in plan_facts(farm.look()).actions if each.kind == verb and each.path in asked]
    outcomes = [executor.perform(farm.loaded.spec, action) for action in mine]
    recorder = recorder_of(farm, lambda trouble: click.echo(trouble.text, err=True))
    for outcome in outcomes:
        recorder.hear(outcome)
        failed = "" if outcome.result == "done" else f"{outcome.result}: "
        click.echo(words.clean(failed + outcome.text), err=bool(failed))
    acted = {action.path for action in mine}
    left = _still(farm.look(), [job for job in jobs if f"jobs.{job.id}" not in acted], done, said)
    for job in left:
        click.echo(f"{words.job_id(job)} {_waits(job)}", err=True)
    return PARTLY if left else code(outcomes)


def _still(facts: Facts, jobs: Sequence[Job], done: Callable[[Facts, Job], bool], said: str) -> list[Job]:
    """Say of which jobs it has come true; those of which it has not."""
    for job in jobs:
        if done(facts, job):
            click.echo(f"{words.job_id(job)} {said}")
    return [job for job in jobs if not done(facts, job)]


def _waits(job: Job) -> str:
    return (
        "was only just started: it is done once its process shows"
        if job.run == "pending"
        else "is not done yet"
    )
