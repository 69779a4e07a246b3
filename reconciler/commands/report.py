"""`plotman report`."""

from __future__ import annotations

import click

from reconciler import record
from reconciler.commands import ended, textfile
from reconciler.commands.codes import PARTLY
from reconciler.commands.context import PATIENCE, Farm, spec_option
from reconciler.commands.screen import Screen
from reconciler.commands.spans import span
from reconciler.errors import PlotmanError, UsageError
from reconciler.views import report_sums, report_text
from reconciler.views.report import Report


@click.command
@spec_option
@click.option("--since", metavar="DURATION", callback=span, default="30d", help="Of the last 30d, 12h.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON document.")
@click.option("--html", "page", metavar="FILE", help="Write a page with charts there, too.")
@click.pass_obj
def command(ascii: bool, spec: str | None, since: float, as_json: bool, page: str | None) -> int:
    """Plots a day, failures by cause, median times, transfer rates, and when each disk is full at the present rate.

    From the journal's logs and the record in state/actions.jsonl. The page is one file that asks no other host.
    """
    if page == "":
        raise UsageError("--html has an empty name; name a file")
    farm = Farm.open(spec, patience=PATIENCE)
    found, missing = _report(farm, since)
    if page is not None:
        from reconciler.views.report_page import page as drawn

        textfile.write(page, drawn(found))
    if as_json:
        click.echo(report_text.to_json(found), nl=False)
    else:
        screen = Screen.of(ascii)
        click.echo(report_text.text(found, screen.symbols, screen.width), nl=False)
    for why in missing:
        click.echo(why, err=True)
    return PARTLY if missing else 0


def _report(farm: Farm, since: float) -> tuple[Report, list[str]]:
    """The report, and what could not be read for it. Raises PlotmanError."""
    facts = farm.look()
    begin = facts.now.at - since
    over, unread = ended.jobs(farm, facts, begin)
    moved, unread_too = ended.transfers(farm, facts, begin)
    file = record.path_of(farm.logs)
    try:
        entries = record.read(file).entries
    except OSError as error:
        raise PlotmanError(f"{file} cannot be read: {(error.strerror or str(error)).lower()}") from None
    away = [
        f"{farmer.name}: {farmer.trouble or 'has not answered'}; its disks are left out"
        for farmer in facts.seen.farmers.values()
        if farmer.disks.fact == "unknown"
    ]
    return report_sums.report(facts, over, moved, entries, begin), [*unread, *unread_too, *away]
