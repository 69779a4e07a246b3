"""Does a spec fit the plotter that it names: its options, keys, directories and staggers? Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from reconciler.errors import Problem
from reconciler.plotters.command import Order
from reconciler.spec.hints import nearest
from reconciler.spec.models import PhaseStagger, Plotting, Spec

if TYPE_CHECKING:
    from reconciler.plotters import Plotters
    from reconciler.plotters.plotter import Plotter
    from reconciler.spec.loaded import Loaded


def order_of(spec: Spec, tmp: str, tmp2: str | None, dst: str) -> Order | None:
    """What a new job there is told to do; None where the spec plots nothing."""
    plotting = spec.plotting
    if plotting is None:
        return None
    return Order(
        k=plotting.k,
        tmp=tmp,
        tmp2=tmp2,
        dst=dst,
        executable=plotting.executable,
        farmer_key=plotting.keys.farmer,
        pool_key=plotting.keys.pool,
        contract=plotting.keys.contract,
        options=plotting.options,
    )


def unfit(spec: Spec, plotters: Plotters, tmp: str, tmp2: str | None, dst: str) -> tuple[str, ...]:
    """Why the spec's plotter could not do that, a plain sentence each; empty where it can, or is not known."""
    order = order_of(spec, tmp, tmp2, dst)
    plotter = plotters.get(spec.plotting.plotter) if spec.plotting is not None else None
    return plotter.unfit(order) if plotter is not None and order is not None else ()


def misfits(loaded: Loaded, plotters: Plotters) -> tuple[Problem, ...]:
    """Every reason why the spec's jobs could not be started, or its staggers not be seen, at its place."""
    plotting = loaded.spec.plotting
    if plotting is None:
        return ()
    plotter = plotters.get(plotting.plotter)
    if plotter is None:
        return (_problem(loaded, "plotting.plotter", _unknown(plotting.plotter, plotters), "plotter"),)
    return (*_orders(loaded, plotter), *_staggers(loaded, plotting, plotter))


def _unknown(name: str, plotters: Plotters) -> str:
    near = nearest(name, plotters)
    hint = f"did you mean {near}?" if near else f"there are {', '.join(sorted(plotters))}"
    return f"{name} is no plotter's name; {hint}"


def _orders(loaded: Loaded, plotter: Plotter) -> Iterator[Problem]:
    """What is wrong with the job that would be started on each tmp directory; the same fault once."""
    spec = loaded.spec
    directories = spec.directories
    tmp2 = directories.tmp2[0].path if directories.tmp2 else None
    told: set[str] = set()
    for tmp in directories.tmp:
        landing = directories.landing if directories.dst or directories.tmp2 else (tmp,)
        order = order_of(spec, tmp.path, tmp2, landing[0].path)
        for why in plotter.unfit(order) if order is not None else ():
            if why not in told:
                told.add(why)
                yield _problem(loaded, _place(loaded, why), why, "plotter-fit")


def _staggers(loaded: Loaded, plotting: Plotting, plotter: Plotter) -> Iterator[Problem]:
    spec = loaded.spec
    named: dict[str, object] = {"scheduling.tmp.stagger": spec.scheduling.tmp.stagger}
    named |= {
        f"directories.tmp[{number}].stagger": d.stagger for number, d in enumerate(spec.directories.tmp)
    }
    for path, stagger in named.items():
        if isinstance(stagger, PhaseStagger) and not plotter.shows(stagger.until):
            shown = ", ".join(str(phase) for phase in plotter.phases) or "no phase at all"
            why = f"{plotting.plotter} does not show phase {stagger.until}; it shows {shown}"
            yield _problem(loaded, f"{path}.until", why, "stagger-fit")


def _place(loaded: Loaded, why: str) -> str:
    """The key that a plotter's sentence speaks of; plotting.plotter where it names none that is given."""
    option = re.match(r"option (\S+)", why)
    names = [f"plotting.options.{option[1]}"] if option else ["plotting.k"] if why.startswith("k is ") else []
    names += re.findall(r"(?:plotting|directories)\.[a-z0-9_.]+[a-z0-9_]", why)
    return next((name for name in names if name in loaded.origins), "plotting.plotter")


def _problem(loaded: Loaded, path: str, message: str, rule: str) -> Problem:
    return Problem(*loaded.place(path), path, message, rule)
