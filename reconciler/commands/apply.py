"""`plotman apply`."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from reconciler import documents, journal, overrides, wishes
from reconciler.commands import textfile
from reconciler.commands.approving import hand_over
from reconciler.commands.codes import code
from reconciler.commands.context import PATIENCE, Farm, spec_option
from reconciler.commands.looping import ARCHIVING, PLOTTING, Way, loop_options, run, teller
from reconciler.commands.screen import Screen
from reconciler.commands.sourcing import source_options
from reconciler.errors import LockHeld, UsageError
from reconciler.execute import Executor
from reconciler.loop import KINDS
from reconciler.plan import Plan
from reconciler.views import words

if TYPE_CHECKING:
    from reconciler.sources.setting import Setting


@click.command
@click.argument("saved", metavar="[PLAN]", required=False)
@spec_option
@source_options
@loop_options
@click.pass_obj
def command(ascii: bool, saved: str | None, spec: str | None, setting: Setting | None, way: Way) -> int:
    """Make it so: the loop; one tick of it; or exactly the saved PLAN, refused when stale.

    A saved PLAN approves whatever in it the spec wants approved. Where a loop runs, that part is handed over to it.
    """
    if saved is None:
        farm = Farm.open(spec, patience=way.patience, setting=setting, following=not way.dry_run)
        return run(farm, Screen.of(ascii), PLOTTING + ARCHIVING, way)
    if way.given or setting is not None:
        raise UsageError("a saved PLAN is applied once and as it is; leave the other options out")
    return _apply(Farm.open(spec, patience=PATIENCE), saved, Screen.of(ascii))


def _apply(farm: Farm, saved: str, screen: Screen) -> int:
    """Raises DocumentError, StalePlan, LockHeld.

    Where a loop has the work, only what needs approval is handed over to it: all else it does by itself, and a plan
    of nothing else is refused as ever.
    """
    plan = documents.plan_from_json(textfile.read(saved), saved)
    spec, machine = farm.loaded.spec, farm.world.machine
    granted = [action for action in plan.actions if action.kind in spec.approve]
    executor = Executor(farm.world, farm.observer, farm.plotters)
    report = teller(farm, screen)
    if not plan.actions:
        click.echo("the saved plan asks for nothing", err=True)
    with ExitStack() as stack:
        try:
            _lock(stack, farm, plan)
        except LockHeld:
            if not granted:
                raise
            if len(granted) < len(plan.actions):
                others = words.plural(len(plan.actions) - len(granted), "action")
                click.echo(f"{others} that need no approval are left to the loop", err=True)
            stack.close()
            return hand_over(farm, executor, plan, granted, report)
        executor.check(spec, farm.loaded.digest, plan, plan.actions)
        if granted:
            wish = wishes.approve(machine, farm.logs, plan, granted)
            stack.callback(overrides.withdraw, machine, farm.logs, wish.verb, wish.target)
        return code(executor.perform_exactly(spec, plan.actions, report))


def _lock(stack: ExitStack, farm: Farm, plan: Plan) -> None:
    """Hold the locks of all work that the plan asks for. Raises LockHeld."""
    machine, kinds = farm.world.machine, {action.kind for action in plan.actions}
    machine.folder(journal.overrides_path(farm.logs))
    for work, theirs in sorted(KINDS.items()):
        if kinds.intersection(theirs):
            stack.enter_context(machine.lock(journal.lock_path(farm.logs, work), work))
