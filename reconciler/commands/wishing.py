"""Verbs that a person speaks: they edit the desired state, ring the loop and tell what came of it.

Only where no loop holds the lock is the wish carried out here, by the same planner and executor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import click

from reconciler import journal, overrides, wishes
from reconciler.commands.codes import GUARDS, PARTLY, code
from reconciler.commands.context import Farm
from reconciler.commands.looping import recorder_of
from reconciler.desire import desire
from reconciler.errors import LockHeld
from reconciler.execute import Executor, Outcome
from reconciler.facts import Facts
from reconciler.plan import plan_facts
from reconciler.spec.units import parse_duration
from reconciler.state import Job, Override, Verb
from reconciler.views import words
from reconciler.want import Verdict

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
        facts = farm.look()
        left = _still(facts, left, done, said)
        held = _held(facts, verb, left)
        if len(held) == len(left) and not any(_passes(facts, each, until) for each in held.values()):
            return _told(facts, left, held, ())
        if machine.now().up >= until:
            found = _told(facts, left, held, ())
            click.echo(f"the work is with {holder}", err=True)
            return found
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
    facts = farm.look()
    left = _still(facts, [job for job in jobs if f"jobs.{job.id}" not in acted], done, said)
    return _told(facts, left, _held(facts, verb, left), outcomes)


def _still(facts: Facts, jobs: Sequence[Job], done: Callable[[Facts, Job], bool], said: str) -> list[Job]:
    """Say of which jobs it has come true; those of which it has not."""
    for job in jobs:
        if done(facts, job):
            click.echo(f"{words.job_id(job)} {said}")
    return [job for job in jobs if not done(facts, job)]


def _held(facts: Facts, verb: Verb, jobs: Sequence[Job]) -> Mapping[str, Verdict]:
    """By job the guardrail that holds back what is wanted of it."""
    wanted = {job.id for job in jobs}
    return {
        held.want.subject: held.verdict
        for held in (desire(facts).held if jobs else ())
        if held.want.kind == verb and held.want.subject in wanted and held.verdict.rule in GUARDS
    }


def _passes(facts: Facts, held: Verdict, until: float) -> bool:
    """Will it let go by itself before that moment of the boot clock?"""
    return held.next_at is not None and held.next_at - facts.now.at <= until - facts.now.up


def _told(facts: Facts, left: Sequence[Job], held: Mapping[str, Verdict], outcomes: Sequence[Outcome]) -> int:
    """Say why the rest is not done; the exit code of it all."""
    for job in left:
        verdict = held.get(job.id)
        why = _waits(job) if verdict is None else f"is held back: {held_words(verdict, facts.now.at)}"
        click.echo(f"{words.job_id(job)} {why}", err=True)
    return PARTLY if len(left) > len(held) else code(outcomes, [each.rule for each in held.values()])


def held_words(verdict: Verdict, now: float) -> str:
    """The limit that holds, what it compared, and until when. now: wall clock."""
    return f"{words.rule(verdict.rule)}: {words.waits(verdict.text, verdict.next_at, now)}"


def _waits(job: Job) -> str:
    return (
        "was only just started: it is done once its process shows"
        if job.run == "pending"
        else "is not done yet"
    )
