"""`plotman plan`."""

from __future__ import annotations

import os

import click

from reconciler import documents
from reconciler.commands import textfile
from reconciler.commands.codes import CHANGES
from reconciler.commands.context import Farm, load_plotters, load_spec, spec_option
from reconciler.commands.screen import Screen
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
@click.pass_obj
def command(
    ascii: bool,
    spec: str | None,
    observed: str | None,
    out: str | None,
    as_json: bool,
    detailed_exitcode: bool,
) -> int:
    """What would be done, and why not more. Changes nothing."""
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


def _seen(spec: str | None) -> tuple[Facts, str]:
    farm = Farm.open(spec)
    return farm.look(), farm.loaded.digest


def _recorded(path: str, observed: str) -> tuple[Facts, str]:
    """Facts from a recorded observation, and the spec's digest."""
    plotters = load_plotters(path)
    loaded = load_spec(path, plotters)
    seen = documents.observation_from_json(textfile.read(observed), observed)
    return Facts(loaded.spec, seen, plotters), loaded.digest
