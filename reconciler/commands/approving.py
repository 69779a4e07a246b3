"""A saved plan that needs approval, where a loop is at work: the loop is told what it may do, and does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import click

from reconciler import journal, wishes
from reconciler.actions import Action
from reconciler.commands.codes import PARTLY, code
from reconciler.commands.context import Farm
from reconciler.commands.wishing import PAUSE, held_words, ring
from reconciler.desire import observed
from reconciler.errors import LockHeld
from reconciler.execute import Executor, Outcome, binding
from reconciler.facts import Facts
from reconciler.leaves import entries
from reconciler.loop import KINDS
from reconciler.plan import Plan
from reconciler.views import words

PATIENCE = 30.0
"""Seconds that a running loop is given."""


def hand_over(
    farm: Farm,
    executor: Executor,
    plan: Plan,
    granted: Sequence[Action],
    report: Callable[[Outcome], None],
) -> int:
    """Approve these actions of a plan, and say what came of each; the exit code. Raises StalePlan, MachineError.

    Where the loop ends before it has done them, they are done here.
    """
    machine = farm.world.machine
    executor.check(farm.loaded.spec, farm.loaded.digest, plan, granted)
    wishes.approve(machine, farm.logs, plan, granted)
    ring(farm)
    until = machine.now().up + PATIENCE
    left, outcomes = list(granted), list[Outcome]()
    while True:
        outcomes += _instead(farm, executor, left, report)
        tried = [outcome.action.path for outcome in outcomes]
        facts = farm.look()
        left = _still(facts, [action for action in left if action.path not in tried])
        if not left or machine.now().up >= until:
            return _told(facts, left, outcomes)
        machine.wait((), PAUSE, "")


def _instead(
    farm: Farm, executor: Executor, left: Sequence[Action], report: Callable[[Outcome], None]
) -> Sequence[Outcome]:
    """Do what is of a kind of work that nobody is at any more."""
    machine = farm.world.machine
    outcomes: list[Outcome] = []
    for work, kinds in KINDS.items():
        mine = [action for action in left if action.kind in kinds]
        lock = journal.lock_path(farm.logs, work)
        if mine and machine.holder(lock) is None:
            with suppress(LockHeld), machine.lock(lock, work):
                outcomes += executor.perform_exactly(farm.loaded.spec, mine, report)
    return outcomes


def _still(facts: Facts, left: Sequence[Action]) -> list[Action]:
    """Say which are done; those that are not."""
    there = entries(observed(facts))
    waiting = [action for action in left if there.get(action.path) == action.old]
    for action in left:
        if action not in waiting:
            click.echo(f"{_named(action)} is done")
    return waiting


def _told(facts: Facts, left: Sequence[Action], outcomes: Sequence[Outcome]) -> int:
    """Say why the rest is not done; the exit code of it all."""
    held = [(action, binding(facts, action)) for action in left]
    for action, verdict in held:
        why = "is not done yet" if verdict is None else f"is held back: {held_words(verdict, facts.now.at)}"
        click.echo(f"{_named(action)} {why}; the approval stands until its plan is over", err=True)
    rules = [verdict.rule for _, verdict in held if verdict is not None]
    return PARTLY if len(rules) < len(left) else code(outcomes, rules)


def _named(action: Action) -> str:
    return words.clean(f"{action.kind} {action.subject}")
