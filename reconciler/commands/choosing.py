"""The options that say which hosts of a fleet are meant, and where their files lie."""

from __future__ import annotations

import click

from reconciler.errors import UsageError
from reconciler.fleet.limit import Limit, parse

HOSTS = "hosts"
"""Where a config repository has its hosts' files."""


def _limit(_ctx: click.Context, _param: click.Parameter, value: str | None) -> Limit:
    if value is None:
        return Limit()
    try:
        return parse(value)
    except ValueError as error:
        raise UsageError(f"--limit: {error}") from None


limit_option = click.option(
    "--limit",
    metavar="LABELS",
    callback=_limit,
    help="Only hosts with these labels: ring=canary,site!=berlin,ssd,!old. Without a label, k!=v is met.",
)

hosts_option = click.option(
    "--hosts",
    "folder",
    metavar="DIR",
    default=HOSTS,
    show_default=True,
    help="The folder of the hosts' files.",
)

names_argument = click.argument("names", metavar="[HOSTS]...", nargs=-1)
