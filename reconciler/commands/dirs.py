"""`plotman dirs`."""

from __future__ import annotations

import click

from reconciler.commands.context import PATIENCE, Farm, spec_option
from reconciler.commands.screen import Screen
from reconciler.desire import desire
from reconciler.views import dirs, dirs_json


@click.command
@spec_option
@click.option("--json", "as_json", is_flag=True, help="As a JSON document.")
@click.pass_obj
def command(ascii: bool, spec: str | None, as_json: bool) -> None:
    """The directories: their jobs, whether they are ready for more, their room and plots.

    In the dst table, pri is the order in which archiving takes plots away: 1 is emptied first; "-": no plot waits
    there, or the spec names no farmer.

    --json gives `directories`, one for each role (tmp, tmp2, dst) and path: free_bytes, trouble, phases; of tmp whether
    it is ready, or the hold (rule, text, next_at); of dst plots and pri. And `disks`, the farmers': farmer, disk,
    free_bytes, plots, coming (count, others: those of other hosts, bytes still to come, left behind), age_seconds of
    the answer, trouble, next_at. Moments are seconds since the epoch; null is what is not known or does not apply.
    """
    facts = Farm.open(spec, patience=PATIENCE).look()
    wish = desire(facts)
    if as_json:
        click.echo(dirs_json.text(facts, wish), nl=False)
        return
    screen = Screen.of(ascii)
    click.echo(dirs.text(facts, wish, screen.symbols, screen.width), nl=False)
