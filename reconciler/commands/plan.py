"""`plotman plan`."""

from __future__ import annotations

import os

import click

from reconciler import documents
from reconciler.commands import textfile
from reconciler.commands.codes import CHANGES
from reconciler.commands.context import PATIENCE, Farm, load_plotters, load_spec, spec_option
from reconciler.commands.screen import Screen
from reconciler.commands.watching import watch, watch_option
from reconciler.errors import UsageError
from reconciler.facts import Facts
from reconciler.plan import Plan, plan_facts
from reconciler.spec.place import spec_path
from reconciler.views.plan import PlanView


@click.command
@spec_option
@click.option(
    "--observed", metavar="FILE", help="Plan from this observation (observe --json); look at nothing."
)
@click.option("--out", metavar="FILE", help="Save the plan too, for `plotman apply FILE`.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON document.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where there is something to do.")
@watch_option
@click.pass_obj
def command(
    ascii: bool,
    spec: str | None,
    observed: str | None,
    out: str | None,
    as_json: bool,
    detailed_exitcode: bool,
    watching: bool,
) -> int:
    """What would be done, and why not more. Changes nothing."""
    if watching:
        if observed is not None or out is not None or as_json or detailed_exitcode:
            raise UsageError("--watch shows the plan of each look; leave the other options out")
        _watch(Farm.open(spec), ascii)
        return 0
    path = spec_path(spec, os.environ)
    facts, digest = _recorded(path, observed) if observed is not None else _seen(spec)
    plan = plan_facts(facts, digest)
    if out is not None:
        textfile.write(out, documents.to_json(plan))
    click.echo(documents.to_json(plan) if as_json else text(facts, plan, path, Screen.of(ascii)), nl=False)
    return CHANGES if detailed_exitcode and plan.actions else 0


def text(facts: Facts, plan: Plan, path: str, screen: Screen) -> str:
    """The plan as people read it. path: of the spec."""
    return PlanView(facts.spec, facts.all_jobs, screen.symbols).text(plan, facts.seen, os.path.basename(path))


def _watch(farm: Farm, ascii: bool) -> None:
    """Show the plan of each look, by the spec as it is then, and what is wrong with that."""
    source = farm.source

    def draw(screen: Screen) -> str:
        loaded, problem = source.current(), source.problem()
        facts = Facts(loaded.spec, farm.observer.look(loaded.spec), farm.plotters)
        shown = text(facts, plan_facts(facts, loaded.digest), farm.path, screen)
        return shown if problem is None else f"{problem}\n\n{shown}"

    watch(ascii, draw)


def _seen(spec: str | None) -> tuple[Facts, str]:
    farm = Farm.open(spec, patience=PATIENCE)
    return farm.look(), farm.loaded.digest


def _recorded(path: str, observed: str) -> tuple[Facts, str]:
    """Facts from a recorded observation, and the spec's digest."""
    plotters = load_plotters(path)
    loaded = load_spec(path, plotters)
    seen = documents.observation_from_json(textfile.read(observed), observed)
    return Facts(loaded.spec, seen, plotters), loaded.digest
