"""`plotman plan`."""

from __future__ import annotations

import os
from dataclasses import replace

import click

from reconciler import documents
from reconciler.commands import textfile
from reconciler.commands.choosing import HOSTS, hosts_option, limit_option, names_argument
from reconciler.commands.codes import CHANGES
from reconciler.commands.context import PATIENCE, Farm, load_plotters, load_spec, spec_option
from reconciler.commands.screen import Screen
from reconciler.commands.watching import watch, watch_option
from reconciler.errors import UsageError
from reconciler.facts import Facts
from reconciler.fleet.limit import Limit
from reconciler.machine import LocalMachine
from reconciler.plan import Plan, awaiting, if_approved, plan_facts
from reconciler.spec.place import spec_path
from reconciler.views.plan import PlanView
from reconciler.views.symbols import UNICODE


@click.command
@names_argument
@spec_option
@click.option(
    "--observed",
    metavar="FILE",
    help="Plan from this observation (observe --json); look at nothing. With --all: a folder of them.",
)
@click.option("--out", metavar="FILE", help="Save the plan too, for `plotman apply FILE`.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON document.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where there is something to do.")
@click.option("--all", "every", is_flag=True, help="Plan every host of a config repository; see above.")
@click.option(
    "--base", metavar="DIR", help="With --all: another checkout, such as of main; show only what differs."
)
@hosts_option
@limit_option
@click.option("--markdown", is_flag=True, help="With --all: as a page for a pull request.")
@watch_option
@click.pass_obj
def command(
    ascii: bool,
    names: tuple[str, ...],
    spec: str | None,
    observed: str | None,
    out: str | None,
    as_json: bool,
    detailed_exitcode: bool,
    every: bool,
    base: str | None,
    folder: str,
    limit: Limit,
    markdown: bool,
    watching: bool,
) -> int:
    """What would be done, and why not more. Changes nothing.

    With --all it is run in a config repository. Every hosts/NAME.yaml is planned from what that host has recorded
    (`apply --publish-observation`): the file NAME.json in the folder --observed. With --base each host is planned
    twice, by the other checkout's file and by this one's, and what differs is told: values of the spec, actions that
    come or go, holds. A plan from a snapshot is as old as that and cannot be saved or applied: save one on its host.

    \b
    Exit codes with --all, the first that holds:
      65  a host's file, or a snapshot, cannot be read: each fault is told
       4  a host has no snapshot
       2  something would be done, with --base: be done otherwise; with --detailed-exitcode only
       0  likewise, without it
       6  nothing would, but for what a guardrail holds back (approve, deletions)
       0  nothing at all
    """
    if every:
        if watching or out is not None or spec is not None:
            raise UsageError(
                "--all plans what is recorded of other hosts; leave --watch, --out and --spec out"
            )
        if observed is None:
            raise UsageError("--all plans from recorded observations; name their folder with --observed")
        if as_json and markdown:
            raise UsageError("--json and --markdown exclude each other")
        return _all(
            folder, observed, base, limit, names, as_json, markdown, detailed_exitcode, Screen.of(ascii)
        )
    if names or base is not None or markdown or limit.terms or folder != HOSTS:
        raise UsageError("HOSTS, --base, --hosts, --limit and --markdown go with --all")
    if watching:
        if observed is not None or out is not None or as_json or detailed_exitcode:
            raise UsageError("--watch shows the plan of each look; leave the other options out")
        _watch(Farm.open(spec), ascii)
        return 0
    path = spec_path(spec, os.environ)
    facts, digest = _recorded(path, observed) if observed is not None else _seen(spec)
    plan = plan_facts(facts, digest)
    if out is not None:
        textfile.write(out, documents.to_json(plan_facts(if_approved(facts), digest)))
    click.echo(documents.to_json(plan) if as_json else text(facts, plan, path, Screen.of(ascii)), nl=False)
    return CHANGES if detailed_exitcode and plan.actions else 0


def _all(
    folder: str,
    observed: str,
    base: str | None,
    limit: Limit,
    names: tuple[str, ...],
    as_json: bool,
    markdown: bool,
    detailed: bool,
    screen: Screen,
) -> int:
    """Plan a whole config repository."""
    from reconciler.commands import planning_all
    from reconciler.views import fleet_plan

    # A host's text is cut up and told anew, which colours would not survive.
    symbols = UNICODE if as_json or markdown else replace(screen.symbols, colour=False)
    found = planning_all.plan_fleet(folder, observed, base, limit, names, symbols, LocalMachine().now().at)
    if as_json:
        shown = fleet_plan.to_json(found)
    else:
        shown = fleet_plan.page(found) if markdown else fleet_plan.text(found, screen.symbols, screen.width)
    click.echo(shown, nl=False)
    if as_json or markdown:
        for problem in (problem for outlook in found.outlooks for problem in outlook.problems):
            click.echo(str(problem), err=True)
    return planning_all.code(found, detailed)


def text(facts: Facts, plan: Plan, path: str, screen: Screen) -> str:
    """The plan as people read it. path: of the spec."""
    view = PlanView(facts.spec, facts.all_jobs, screen.symbols)
    return view.text(plan, facts.seen, os.path.basename(path), awaiting(facts, plan))


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
