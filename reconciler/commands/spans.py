"""Durations on the command line."""

from __future__ import annotations

import click

from reconciler.spec.units import parse_duration


def span(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    """Seconds of ``1d``."""
    try:
        return None if value is None else float(parse_duration(value))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
