"""`plotman observe`."""

from __future__ import annotations

import click

from reconciler import documents
from reconciler.commands.context import PATIENCE, Farm, spec_option
from reconciler.views import observation


@click.command
@spec_option
@click.option("--json", "as_json", is_flag=True, help="All of it, as a JSON document for `plan --observed`.")
def command(spec: str | None, as_json: bool) -> None:
    """All that can be seen, as planning sees it."""
    seen = Farm.open(spec, patience=PATIENCE).look().seen
    click.echo(documents.to_json(seen) if as_json else observation.text(seen), nl=False)
