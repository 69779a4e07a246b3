"""`plotman fleet`: the hosts of a config repository, and how each of them does."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import click

import reconciler
from reconciler.commands.choosing import hosts_option, limit_option, names_argument
from reconciler.commands.codes import PARTLY
from reconciler.commands.context import PATIENCE, Farm, spec_option
from reconciler.commands.screen import Screen
from reconciler.errors import DocumentError, PlotmanError, UsageError
from reconciler.fleet.limit import Limit

if TYPE_CHECKING:
    from reconciler.fleet.members import Fleet

TIMEOUT = 30.0
METRICS = 9773
"""The port that metrics are served at in the README's examples."""


@click.group()
def command() -> None:
    """The hosts of a config repository, and how each of them does."""


def _timeout(_ctx: click.Context, _param: click.Parameter, value: float) -> float:
    if not (0 < value < math.inf):
        raise click.BadParameter(f"{value:g} is no time to wait; write seconds, such as 30")
    return value


ssh_option = click.option(
    "--ssh-config",
    "config",
    metavar="FILE",
    help="An ssh configuration in place of ~/.ssh/config and the system's.",
)


@command.command()
@names_argument
@hosts_option
@limit_option
@click.option(
    "--timeout",
    type=float,
    default=TIMEOUT,
    callback=_timeout,
    show_default=True,
    metavar="SECONDS",
    help="For each host, from connecting on.",
)
@click.option(
    "--command",
    "there",
    metavar="COMMAND",
    default="plotman",
    show_default=True,
    help="How plotman is called there: a path, or `sudo -n -u chia plotman`.",
)
@ssh_option
@click.option("--json", "as_json", is_flag=True, help="As a JSON document.")
@click.pass_obj
def status(
    ascii: bool,
    names: tuple[str, ...],
    folder: str,
    limit: Limit,
    timeout: float,
    there: str,
    config: str | None,
    as_json: bool,
) -> int:
    """Ask each host by ssh how it does: a row a host, the worst first.

    \b
    ok           it plots, and there is nothing to look at
    attention    it has conditions, follows an older revision than the newest, or has no loop
    failed       it was reached, and plotman failed there
    unreachable  it was not reached; it may do well

    Addresses, users and ports are the hosts' files' (host.address, ...); keys, jump hosts and known_hosts are those
    of the ssh configuration. An unknown host key is refused.

    Exit codes: 65 a host's file is no spec; else 1 a host failed; else 4 one was unreachable; else 0.
    """
    from reconciler.fleet.asking import ask
    from reconciler.views import fleet as views

    fleet = _fleet(folder, limit, names)
    replies = ask(fleet.members, there, timeout, config)
    screen = Screen.of(ascii)
    click.echo(
        views.to_json(replies) if as_json else views.status(replies, screen.symbols, screen.width), nl=False
    )
    verdicts = {reply.verdict for reply in replies}
    if fleet.broken:
        return DocumentError.exit_code
    if "failed" in verdicts:
        return PlotmanError.exit_code
    return PARTLY if "unreachable" in verdicts else 0


@command.command("list")
@names_argument
@hosts_option
@limit_option
@click.option(
    "--ansible", "as_ansible", is_flag=True, help="As Ansible's dynamic inventory, a group for each label."
)
@click.option("--prometheus", "as_prometheus", is_flag=True, help="As targets for Prometheus' file_sd.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=METRICS,
    show_default=True,
    help="With --prometheus: where hosts serve their metrics.",
)
@click.pass_obj
def listing(
    ascii: bool,
    names: tuple[str, ...],
    folder: str,
    limit: Limit,
    as_ansible: bool,
    as_prometheus: bool,
    port: int,
) -> int:
    """The hosts, by their files. Exit code 65 where one is no spec."""
    from reconciler.fleet import inventory
    from reconciler.views import fleet as views

    if as_ansible and as_prometheus:
        raise UsageError("--ansible and --prometheus exclude each other")
    fleet = _fleet(folder, limit, names)
    if as_ansible or as_prometheus:
        found = inventory.ansible(fleet.members) if as_ansible else inventory.prometheus(fleet.members, port)
        click.echo(json.dumps(found, indent=2))
    else:
        screen = Screen.of(ascii)
        click.echo(views.members(fleet.members, screen.symbols, screen.width), nl=False)
    return DocumentError.exit_code if fleet.broken else 0


@command.command("report")
@spec_option
def reporting(spec: str | None) -> None:
    """What `fleet status` asks of each host: how this one does, as JSON on one line."""
    from reconciler import journal
    from reconciler.fleet import report
    from reconciler.plan import plan_facts

    farm = Farm.open(spec, patience=PATIENCE)
    facts = farm.look()
    machine = farm.world.machine
    holders = (machine.holder(journal.lock_path(farm.logs, work)) for work in ("plotting", "archiving"))
    loop = next((holder for holder in holders if holder is not None), None)
    told = report.report(facts, plan_facts(facts, farm.loaded.digest), reconciler.__version__, loop)
    click.echo(report.to_json(told), nl=False)


def _fleet(folder: str, limit: Limit, names: tuple[str, ...]) -> Fleet:
    """The hosts that are meant; what is wrong with files goes to stderr. Raises UsageError."""
    from reconciler.commands.planning_all import read_fleet
    from reconciler.fleet.spread import Spread

    with Spread() as spread:
        fleet = read_fleet(folder, spread).chosen(limit, names)
    for problems in fleet.broken.values():
        for problem in problems:
            click.echo(str(problem), err=True)
    return fleet
