"""`plotman tune`."""

from __future__ import annotations

from dataclasses import replace
from os.path import expanduser
from typing import TYPE_CHECKING

import click

from reconciler.commands import textfile
from reconciler.commands.codes import PARTLY
from reconciler.commands.context import load_plotters, load_spec
from reconciler.errors import PlotmanError, UsageError
from reconciler.spec.units import show_duration

if TYPE_CHECKING:
    from reconciler.commands.tuning import Tuning
    from reconciler.description import MachineDescription
    from reconciler.spec.loaded import Loaded
    from reconciler.tune.setting import Changes
    from reconciler.views.tuned import Tuned


@click.command
@click.argument("spec", metavar="SPEC")
@click.option(
    "--machine", "machine_path", metavar="FILE", help="The machine, as a machine.yaml; left out: this one."
)
@click.option("--write-machine", "draft", metavar="FILE", help="Write down what it was taken for.")
@click.option(
    "--days",
    type=click.FloatRange(0, 10_000, min_open=True),
    help="How long each run is; left out: as it needs.",
)
@click.option(
    "--trials", type=click.IntRange(min=0), default=30, show_default=True, help="Settings that are tried."
)
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed finds the same.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON document.")
def command(
    spec: str,
    machine_path: str | None,
    draft: str | None,
    days: float | None,
    trials: int,
    seed: int,
    as_json: bool,
) -> int:
    """What to change in a spec for more plots a day, found by simulation.

    Without --machine this machine is looked at: its processors, memory and drives, the farmers' disks, and what the
    logs of finished jobs and transfers tell. Nothing is changed here.
    """
    from reconciler.commands.trying import Arena, Task, processors
    from reconciler.commands.tuning import Tuning
    from reconciler.tune.ground import SETTLING, ground, roomy
    from reconciler.tune.setting import going
    from reconciler.views import tuned

    plotters = load_plotters(spec)
    loaded = load_spec(spec, plotters)
    if loaded.spec.plotting is None:
        raise UsageError(f"{spec} plots nothing; give it a section `plotting`")
    described, assumed = _machine(spec, machine_path)
    if draft is not None:
        from reconciler.description.writing import to_yaml

        textfile.write(draft, to_yaml(described, assumed))
    known = ground(described, loaded.spec, plotters[loaded.spec.plotting.plotter])
    days = known.days if days is None else days
    task = Task(spec, described, going(loaded), days, SETTLING * days, seed)
    if (times := known.too_small(days)) > 1:
        # A farm that fills up in the middle of a run would tell nothing of any setting.
        task = replace(task, described=roomy(described, times))
    tuning = Tuning(task, known, trials)
    side = processors()
    takes = show_duration(known.cost(days) * tuning.runs / side)
    click.echo(
        f"{tuning.runs} runs of {show_duration(days * 86400)} on {side} processors: about {takes}", err=True
    )
    whole = True
    with Arena(side) as arena:
        try:
            tuning.run(arena)
        except KeyboardInterrupt:
            if tuning.auto is None:
                raise
            whole = False
            click.echo(f"interrupted after {len(tuning.trials)} trials; this is the best so far", err=True)
    found = _found(tuning, loaded, described, assumed)
    click.echo(tuned.to_json(found) if as_json else tuned.text(found), nl=False)
    return 0 if whole else PARTLY


def _machine(spec: str, path: str | None) -> tuple[MachineDescription, tuple[str, ...]]:
    """The machine, and what is assumed of it, in a line each."""
    if path is not None:
        from reconciler.description import load_machine

        return load_machine(path), ()
    from reconciler.commands.here import here

    return here(spec)


def _found(tuning: Tuning, loaded: Loaded, described: MachineDescription, assumed: tuple[str, ...]) -> Tuned:
    from reconciler.tune.trial import NOISE, best
    from reconciler.tune.verdict import verdict
    from reconciler.views.tuned import Tuned

    assert tuning.as_is is not None
    assert tuning.auto is not None
    said = verdict(loaded.spec, tuning.ground, tuning.as_is, tuning.auto, tuning.trials)
    return Tuned(
        spec=tuning.task.path,
        machine=described,
        assumed=assumed,
        days=tuning.task.days,
        warm_up=tuning.task.warm_up,
        seeds=tuning.seeds,
        limits=tuning.ground.limits,
        farm=tuning.ground.farm,
        as_is=tuning.as_is,
        auto=tuning.auto,
        best=best(tuning.trials),
        trials=tuple(tuning.trials),
        noise=NOISE,
        verdict=said,
        diff=_diff(tuning.task.path, loaded, said.changes),
    )


def _diff(path: str, loaded: Loaded, changes: Changes) -> str | None:
    """What to change in the spec's own text; None: that cannot be told line by line."""
    import yaml

    from reconciler.spec.loading import load
    from reconciler.tune.editing import Draft, diff, edited
    from reconciler.tune.setting import changed

    try:
        before = textfile.read(path)
        after = edited(before, changes)
        again = load(path, home=expanduser("~"), files=Draft(path, after))
    except (PlotmanError, yaml.YAMLError):
        return None
    return diff(before, after, path) if again.spec == changed(loaded, changes).spec else None
