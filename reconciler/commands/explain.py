"""`plotman explain`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from reconciler.commands import completing
from reconciler.commands.chosen import fitting
from reconciler.commands.context import PATIENCE, Farm, spec_option
from reconciler.commands.screen import Screen
from reconciler.desire import desire
from reconciler.errors import UsageError
from reconciler.facts import Facts
from reconciler.state import Known, Plot
from reconciler.views import words
from reconciler.views.explain import ExplainView
from reconciler.views.names import Names
from reconciler.want import Sweep


@click.command
@click.argument("subjects", metavar="[DIR|ID|PLOT|FARMER]...", nargs=-1, shell_complete=completing.subjects)
@spec_option
@click.pass_obj
def command(ascii: bool, subjects: tuple[str, ...], spec: str | None) -> None:
    """Why something is not done yet: each rule with its numbers, and when it can next pass.

    Nothing named: all tmp directories and all plots that wait.
    """
    facts = Farm.open(spec, patience=PATIENCE).look()
    symbols = Screen.of(ascii).symbols
    view = ExplainView(facts, desire(facts), symbols)
    blocks = [_one(facts, view, subject) for subject in subjects] if subjects else [view.everything()]
    click.echo("\n".join(blocks), nl=False)


def _one(facts: Facts, view: ExplainView, subject: str) -> str:
    """The one thing of that name. Raises UsageError where there is none, or several."""
    found: dict[str, str] = {}
    for path in Names(facts.spec).find(subject):
        found[f"directory {path}"] = view.directory(path)
    for job in fitting(facts.all_jobs, subject):
        found[f"job {job.id}"] = view.job(job)
    for plot in _plots(facts):
        if subject == plot.name or (subject and plot.plot_id.startswith(subject.lower())):
            found[f"plot {plot.name}"] = view.plot(plot)
    if leftovers := [want for want in view.wants if isinstance(want, Sweep) and _means(subject, want)]:
        name = " ".join(want.subject for want in leftovers)
        found[f"leftovers {name}"] = "\n".join(map(view.want, leftovers))
    if subject in facts.seen.farmers:
        found[f"farmer {subject}"] = view.farmer(facts.seen.farmers[subject])
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        raise UsageError(
            f"{words.clean(subject)} is no directory of the spec, no job, no plot here, no leftover to be cleaned"
            " and no farmer"
        )
    listed = "\n".join(f"  {words.clean(name)}" for name in found)
    raise UsageError(f"{words.clean(subject)} may mean {len(found)} things; write more of it:\n{listed}")


def _means(subject: str, want: Sweep) -> bool:
    """Is it their path, or a beginning of the plot id, or of the folder's name, that a plan calls them by?"""
    return subject == want.subject or (subject != "" and want.subject.rpartition("/")[2].startswith(subject))


def _plots(facts: Facts) -> Iterator[Plot]:
    """Every plot in a directory that finished plots land in, or did."""
    for directory in facts.seen.directories.values():
        if isinstance(directory.plots, Known):
            yield from directory.plots.value
