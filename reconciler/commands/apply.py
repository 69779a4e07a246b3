"""`plotman apply`."""

from __future__ import annotations

import click

from reconciler import documents
from reconciler.commands import textfile
from reconciler.commands.context import PATIENCE, Farm, spec_option
from reconciler.commands.looping import ARCHIVING, PLOTTING, Way, code, loop_options, run, teller
from reconciler.commands.screen import Screen
from reconciler.errors import UsageError
from reconciler.execute import Executor
from reconciler.loop import KINDS, Loop


@click.command
@click.argument("saved", metavar="[PLAN]", required=False)
@spec_option
@loop_options
@click.pass_obj
def command(ascii: bool, saved: str | None, spec: str | None, way: Way) -> int:
    """Make it so: the loop; one tick of it; or exactly the saved PLAN, refused when stale."""
    if saved is None:
        return run(Farm.open(spec, patience=way.patience), Screen.of(ascii), PLOTTING + ARCHIVING, way)
    if way.given:
        raise UsageError("a saved PLAN is applied once and as it is; leave the other options out")
    return _apply(Farm.open(spec, patience=PATIENCE), saved, Screen.of(ascii))


def _apply(farm: Farm, saved: str, screen: Screen) -> int:
    """Raises DocumentError, StalePlan, LockHeld."""
    plan = documents.plan_from_json(textfile.read(saved), saved)
    kinds = {action.kind for action in plan.actions}
    works = [work for work, theirs in KINDS.items() if kinds.intersection(theirs)]
    executor = Executor(farm.world, farm.observer, farm.plotters)
    with Loop(farm.source, farm.world, farm.plotters, works=works).locks():
        report = teller(farm, screen)
        outcomes = executor.apply_saved(farm.loaded.spec, farm.loaded.digest, plan, report)
    if not plan.actions:
        click.echo("the saved plan asks for nothing", err=True)
    return code(outcomes)
