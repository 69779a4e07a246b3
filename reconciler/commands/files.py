"""`plotman files`."""

from __future__ import annotations

import click

from reconciler.commands import completing
from reconciler.commands.chosen import chosen
from reconciler.commands.codes import PARTLY
from reconciler.commands.context import Farm, spec_option
from reconciler.state import Known
from reconciler.views import words


@click.command
@click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=completing.jobs)
@spec_option
def command(ids: tuple[str, ...], spec: str | None) -> int:
    """The temporary files of jobs, by the plot id in their names."""
    facts = Farm.open(spec).look(temps=True)
    jobs = chosen(facts.all_jobs, ids)
    temps = [
        temp
        for directory in facts.seen.directories.values()
        for temp in (directory.temps.value if isinstance(directory.temps, Known) else ())
    ]
    unsure = False
    for job in jobs:
        own = [temp for temp in temps if temp.belongs_to(job)]
        for temp in own:
            for name in temp.files:
                click.echo(words.clean(f"{temp.directory}/{name}"))
        if not own and not isinstance(job.plot_id, Known):
            unsure = True
            click.echo(
                f"job {job.id}: its plot id is not known, so no file can be told to be its own", err=True
            )
    return PARTLY if unsure else 0
