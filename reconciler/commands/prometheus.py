"""`plotman prometheus`."""

from __future__ import annotations

import click

from reconciler.commands.codes import PARTLY
from reconciler.commands.context import PATIENCE, Farm, spec_option, unreachable
from reconciler.commands.metering import look
from reconciler.plan import plan_facts
from reconciler.views import metrics


@click.command
@spec_option
def command(spec: str | None) -> int:
    """A page of metrics for Prometheus, from a look at it all now.

    `plotman apply --metrics 127.0.0.1:9773` serves them while the loop runs, with what it counts.
    """
    farm = Farm.open(spec, patience=PATIENCE)
    facts = farm.look(temps=True)
    click.echo(metrics.text(look(farm, facts, plan_facts(facts, farm.loaded.digest))), nl=False)
    missing = unreachable(facts)
    for line in missing:
        click.echo(line, err=True)
    return PARTLY if missing else 0
