"""`plotman config show`: the effective spec, and where each of its values comes from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from reconciler.errors import UsageError
from reconciler.spec.place import spec_path

if TYPE_CHECKING:
    from reconciler.spec.loaded import Loaded
    from reconciler.spec.tree import Value


@click.command()
@click.option(
    "-f",
    "--spec",
    "given",
    metavar="SPEC",
    help="The spec; else $PLOTMAN_SPEC, else the platform's place. With --host: a file or folder of the repository.",
)
@click.option(
    "--host",
    metavar="NAME",
    help="The spec hosts/NAME.yaml of the repository: of the nearest folder with hosts/ at or above -f's folder, "
    "else the current one.",
)
@click.option("--origin", is_flag=True, help="Each value with the file and line that give it, or `default`.")
def show(given: str | None, host: str | None, origin: bool) -> None:
    """Print the effective spec: what it extends laid together, defaults included.

    Of a source document it is the last good spec of its repository, which is in force.
    """
    from reconciler.commands.context import load_plotters, load_spec, setting_at
    from reconciler.spec.loading import load
    from reconciler.spec.writing import write

    path = spec_path(given, os.environ) if host is None else _host_file(host, given or ".")
    if setting_at(path) is not None:
        if origin:
            raise UsageError(
                "what is kept of a repository is one whole spec; ask a checkout for each value's origin, by"
                " `plotman config show --host NAME --origin`"
            )
        loaded = load_spec(path, load_plotters(path))
    else:
        loaded = load(path, home=os.path.expanduser("~"))
    if not origin:
        click.echo(write(_shown(loaded)), nl=False)
        return
    rows = list(_origins(loaded))
    width = max(len(row[0]) for row in rows)
    for value, place in rows:
        click.echo(f"{value:<{width}}  {place}")


def _host_file(host: str, start: str) -> str:
    """A host's file in the repository that holds `start`. Raises UsageError where there is none."""
    from reconciler.spec.hints import listed, nearest
    from reconciler.spec.hosts import ENDINGS, FOLDER

    folder = start if os.path.isdir(start) else os.path.dirname(start) or "."
    while not os.path.isdir(hosts := os.path.normpath(os.path.join(folder, FOLDER))):
        if os.path.abspath(folder) == "/":
            raise UsageError(
                f"there is no folder {FOLDER} at or above {os.path.abspath(start)}; name one with -f"
            )
        folder = os.path.join(folder, "..")
    try:
        names = sorted(os.listdir(hosts))
    except OSError as error:
        raise UsageError(f"{hosts} cannot be read: {(error.strerror or str(error)).lower()}") from None
    files = {os.path.splitext(name)[0]: name for name in names if name.endswith(ENDINGS)}
    if host not in files:
        near = nearest(host, files)
        hint = f"did you mean {near}?" if near else f"it holds {listed(files)}"
        raise UsageError(f"there is no host {host!r} in {hosts}; {hint}")
    return os.path.join(hosts, files[host])


def _origins(loaded: Loaded) -> Iterator[tuple[str, str]]:
    """Each value of the effective spec as `key.path: value`, with `file:line` or `default`."""
    from reconciler.spec.tree import render, walk
    from reconciler.spec.writing import scalar

    for path, value in walk(_shown(loaded)):
        if isinstance(value, dict | list) and value:
            continue
        name = render(path)
        place = loaded.origin(name)
        yield f"{name}: {scalar(value)}", f"{place.file}:{place.line}" if place else "default"


def _shown(loaded: Loaded) -> dict[str, Value]:
    """The effective spec as a document, its keys by their first characters."""
    from reconciler.spec.writing import document

    shown = document(loaded.spec, defaults=True)
    plotting = shown.get("plotting")
    if isinstance(plotting, dict) and isinstance(keys := plotting["keys"], dict):
        plotting["keys"] = {name: f"{str(key)[:8]}…" for name, key in keys.items()}
    return shown
