"""What a shell offers for a half-written word: read cheaply, and silent where something is in the way."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from reconciler.spec.models import Spec
    from reconciler.state import Job

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _silent(complete: Completer) -> Completer:
    """The same, offering nothing where it fails: a word that is being written is no place for a message."""

    def attempt(ctx: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
        try:
            return complete(ctx, param, begun)
        except Exception:
            return []

    return attempt


@_silent
def jobs(ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    """The jobs that run, as `status` calls them, and `all`."""
    found = [_named(job, begun) for job in _jobs(ctx)]
    return [*(item for item in found if item is not None), *_fitting({"all": "every job"}, begun)]


@_silent
def logs(ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    """The jobs that run."""
    return [item for item in (_named(job, begun) for job in _jobs(ctx)) if item is not None]


@_silent
def subjects(ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    """What `explain` takes: directories and farmers of the spec, and jobs."""
    spec = _spec(ctx)
    named = spec.directories
    paths = [*(each.path for each in named.tmp), *(each.path for each in (*named.tmp2, *named.dst))]
    told = dict.fromkeys(paths, "directory")
    told |= {archive.name: "farmer" for archive in spec.archive}
    found = [_named(job, begun) for job in _jobs(ctx)]
    return [*_fitting(told, begun), *(item for item in found if item is not None)]


def _fitting(told: dict[str, str], begun: str) -> Iterable[CompletionItem]:
    return (CompletionItem(name, help=about) for name, about in told.items() if name.startswith(begun))


def _spec(ctx: click.Context) -> Spec:
    """The spec that the line so far names."""
    from reconciler.commands.context import load_plotters, load_spec
    from reconciler.spec.place import spec_path

    path = spec_path(ctx.params.get("spec"), os.environ)
    return load_spec(path, load_plotters(path)).spec


def _jobs(ctx: click.Context) -> tuple[Job, ...]:
    """What runs, by processes and logs alone: no other disk and no farmer is asked."""
    from reconciler.commands.context import load_plotters
    from reconciler.machine import LocalMachine, LocalWorld
    from reconciler.observe import Observer
    from reconciler.spec.models import Directories, Spec
    from reconciler.spec.place import spec_path
    from reconciler.state import Known

    spec = Spec(version=3, directories=Directories(logs=_spec(ctx).directories.logs))
    plotters = load_plotters(spec_path(ctx.params.get("spec"), os.environ))
    seen = Observer(LocalWorld(LocalMachine()), plotters).look(spec)
    return seen.jobs.value if isinstance(seen.jobs, Known) else ()


def _named(job: Job, begun: str) -> CompletionItem | None:
    """The id that begins so: as much of it as tables show, or all where more has been written."""
    from reconciler.state import Known
    from reconciler.views import words

    ids = [*([job.plot_id.value] if isinstance(job.plot_id, Known) else []), job.id]
    for name in ids:
        if name.startswith(begun.lower()):
            shown = name if len(begun) > words.SHORT else name[: words.SHORT]
            return CompletionItem(shown, help=f"{job.plotter} at {words.known(job.phase, '?:?')}")
    return None
