"""`plotman clean`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import click

from reconciler.commands.codes import HELD_BACK, PARTLY
from reconciler.commands.context import PATIENCE, Farm, spec_option
from reconciler.commands.leftovers import Leftover, leftovers, remove
from reconciler.errors import FarmerError, UsageError
from reconciler.facts import Facts
from reconciler.spec.units import show_duration, show_size
from reconciler.state import Known
from reconciler.views import words


@click.command
@click.option("--farmer", metavar="NAME", required=True, help="The farmer, by its name in the spec.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@spec_option
def command(farmer: str, yes: bool, spec: str | None) -> int:
    """Remove what transfers have left behind at a farmer.

    Part files are removed that nothing has changed for 6 hours, whoever wrote them, and this machine's own where
    the plot is not here any more. Whatever may still become a plot is left alone, and told.
    """
    farm = Farm.open(spec, patience=PATIENCE)
    facts = farm.look()
    found = tuple(leftovers(facts, _asked(facts, farmer)))
    for line in _lines(found):
        click.echo(line, err=True)
    doomed = [each for each in found if each.kept is None]
    if not doomed:
        click.echo("nothing is to be removed", err=True)
        return 0
    if not yes and not sys.stdin.isatty():
        raise UsageError("clean asks before it acts, and stdin is no terminal; clean --yes does not ask")
    total = show_size(sum(each.bytes for each in doomed))
    asked = f"Remove {words.plural(len(doomed), 'file')}, {total}?"
    if not yes and not click.confirm(asked, default=False, err=True):
        click.echo("nothing was removed", err=True)
        return HELD_BACK
    wrong = remove(facts.archives[farmer], doomed)
    for each in doomed:
        if each.path in wrong:
            click.echo(f"{words.clean(each.path)} is left: {words.clean(wrong[each.path])}", err=True)
        else:
            click.echo(f"{words.clean(each.path)} is removed")
    return PARTLY if wrong else 0


def _asked(facts: Facts, name: str) -> str:
    """The name of a farmer that answers. Raises UsageError, FarmerError."""
    archive, farmer = facts.archives.get(name), facts.farmer(name)
    if archive is None or farmer is None:
        known = ", ".join(facts.archives) or "none"
        raise UsageError(f"{words.clean(name)} is no farmer of the spec; there are {known}")
    if not isinstance(farmer.disks, Known):
        raise FarmerError(farmer.kind or "away", f"{name}: {farmer.disks.why}")
    if not archive.by_ssh and archive.transport.kind != "local":
        raise UsageError(
            f"{name} is reached by {archive.transport.kind} alone, which removes nothing; do it over there"
        )
    return name


def _lines(found: Sequence[Leftover]) -> Iterator[str]:
    for each in found:
        what = "left alone" if each.kept is not None else "to be removed"
        whose = f"of {each.host}" if each.host else "of another tool"
        why = each.kept if each.kept is not None else each.why
        size = f"{show_size(each.bytes)} {whose}, untouched for {show_duration(each.age)}"
        yield words.clean(f"  {what}: {each.path}: {size}: {why}")
