"""`plotman config`: make, find, check and convert specs."""

from __future__ import annotations

import os

import click

from reconciler.commands.config_show import show
from reconciler.commands.config_validate import validate
from reconciler.errors import PlotmanError
from reconciler.spec.place import default_logs, default_path, spec_path

SCHEMAS = ("spec", "overlay", "source", "observation", "plan", "plotter", "machine")


@click.group()
def command() -> None:
    """Make, find, check and convert specs."""


@command.command()
@click.argument("path", required=False)
@click.option("--force", is_flag=True, help="Overwrite a spec that is there.")
def generate(path: str | None, force: bool) -> None:
    """Write a commented spec to begin with, at PATH or the platform's place; `-` writes it to stdout."""
    from reconciler.spec.template import default_spec

    spec = default_spec(default_logs())
    if path == "-":
        click.echo(spec, nl=False)
        return
    target = path or default_path()
    _write(target, spec, force=force)
    click.echo(target)


@command.command()
@click.option(
    "-f", "--spec", "given", metavar="SPEC", help="The spec; else $PLOTMAN_SPEC, else the platform's place."
)
def path(given: str | None) -> None:
    """Print where the spec is looked for."""
    click.echo(spec_path(given, os.environ))


command.add_command(validate)


@command.command()
@click.argument("name", default="spec", type=click.Choice(SCHEMAS))
def schema(name: str) -> None:
    """Print a published JSON Schema. An overlay is a spec, or a part of one, that extends others."""
    import json

    from reconciler.spec.schemas import published

    click.echo(json.dumps(published(name), indent=2, ensure_ascii=False))


@command.command()
@click.argument("old")
@click.option("-o", "--out", metavar="FILE", help="Write the spec there; else to stdout.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def migrate(old: str, out: str | None, force: bool) -> None:
    """Convert a plotman.yaml of versions 0, 1 or 2, and name what could not be carried over."""
    from reconciler.spec.loading import read_text
    from reconciler.spec.migrate import migrate as convert

    migrated = convert(read_text(old), old)
    if out is None:
        click.echo(migrated.text, nl=False)
    else:
        _write(out, migrated.text, force=force)
    for problem in migrated.left:
        click.echo(str(problem), err=True)


command.add_command(show)


def _write(path: str, text: str, *, force: bool) -> None:
    """Write a new file, whole or not at all. Raises PlotmanError where it exists or cannot be written."""
    if not force and os.path.lexists(path):
        raise PlotmanError(f"{path} exists; --force overwrites it")
    part = f"{path}.part"
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(part, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(part, path)
    except OSError as error:
        raise PlotmanError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from None
