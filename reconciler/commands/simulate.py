"""`plotman simulate`."""

from __future__ import annotations

from dataclasses import replace
from glob import glob
from os.path import join

import click

from reconciler.commands import textfile
from reconciler.commands.context import load_plotters, load_spec
from reconciler.description.machine import MachineDescription, load_machine
from reconciler.errors import UsageError
from reconciler.plotters import Plotters
from reconciler.spec.loaded import Loaded
from reconciler.views import simulated
from reconciler.views.simulated_page import page


@click.command
@click.argument("spec", metavar="SPEC")
@click.option(
    "--machine", "machine_path", metavar="FILE", required=True, help="The machine, as a machine.yaml."
)
@click.option("--days", type=click.FloatRange(0.1, 10_000), default=10.0, show_default=True, help="How long.")
@click.option(
    "--warm-up",
    type=click.FloatRange(0, 10_000),
    default=2.0,
    show_default=True,
    help="Days that do not count.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Another one, another run; the same, the same."
)
@click.option(
    "--faults", is_flag=True, help="A farmer is off, a tmp drive slow, dst filled, the farm full, in turn."
)
@click.option(
    "--harsh", is_flag=True, help="Twice the loss to crowded drives, up to 15 % to crowded processors."
)
@click.option(
    "--from-logs",
    "logs",
    metavar="DIR",
    help="Fit what plots take to the finished jobs whose logs lie there.",
)
@click.option("--html", metavar="FILE", help="Write a page with pictures there, too.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON document.")
def command(
    spec: str,
    machine_path: str,
    days: float,
    warm_up: float,
    seed: int,
    faults: bool,
    harsh: bool,
    logs: str | None,
    html: str | None,
    as_json: bool,
) -> None:
    """What a spec comes to on a machine: the loop as it is, on a simulated one, in virtual time.

    Speeds are those of the machine file. What crowding costs is assumed, and so is what plots take, unless it is
    fitted to logs.
    """
    from reconciler.commands.simulating import play

    plotters = load_plotters(spec)
    loaded = load_spec(spec, plotters)
    if loaded.spec.plotting is None:
        raise UsageError(f"{spec} plots nothing; give it a section `plotting`")
    machine = load_machine(machine_path)
    if harsh:
        machine = replace(machine, contention=machine.contention.harsh)
    if logs is not None:
        machine = _fitted(machine, loaded, plotters, logs)
    found = play(machine, loaded, plotters, days=days, warm_up=warm_up, seed=seed, faults=faults)
    if html is not None:
        textfile.write(html, page(found, f"{spec} on {machine_path}"))
    click.echo(simulated.to_json(found) if as_json else simulated.text(found), nl=False)


def _fitted(
    machine: MachineDescription, loaded: Loaded, plotters: Plotters, folder: str
) -> MachineDescription:
    """The machine with the work that the logs of a folder tell, those in its monthly folders too."""
    from reconciler.commands.logfiles import read_all
    from reconciler.simulate.fitting import fitted

    assert loaded.spec.plotting is not None
    plotter = plotters[loaded.spec.plotting.plotter]
    paths = sorted({*glob(join(folder, "*.log")), *glob(join(folder, "[0-9]*-[0-9]*", "*.log"))})
    told = [
        plot
        for log in read_all(paths, plotters).logs
        if log.plotter.family == plotter.family
        for plot in log.said.plots
    ]
    found = fitted(machine, plotter, told)
    if found is None:
        raise UsageError(f"{folder} holds no log of a finished plot of {plotter.name} that tells its phases")
    return found
