"""What a running loop counts, served to Prometheus or written for node_exporter; never on the loop's own thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
    start_http_server,
)
from prometheus_client.core import Metric

from reconciler import __version__, actions, journal
from reconciler.commands.context import Farm
from reconciler.commands.writer import writing
from reconciler.errors import PlotmanError
from reconciler.events import Event, Ticked, Trouble
from reconciler.execute import Outcome
from reconciler.facts import Facts
from reconciler.loop import KINDS
from reconciler.plan import Plan
from reconciler.state import Known, Start, Transfer
from reconciler.views.events import UNDER_WAY
from reconciler.views.gauges import Families, gauge
from reconciler.views.metrics import Look, families

RESULTS = ("done", "refused", "failed")
TICKS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 20.0, 60.0)
"""Buckets of a tick's seconds."""
PLOTS = (60.0, 600.0, 1800.0, *(hours * 3600.0 for hours in (1, 2, 4, 6, 8, 12, 16, 24, 36, 48)))
"""Buckets of a plot's seconds."""


def look(farm: Farm, facts: Facts, plan: Plan) -> Look:
    """What a page tells beside the facts: asked now."""
    machine = farm.world.machine
    idents = [job.ident for job in facts.all_jobs if job.ident is not None]
    holders = {work: machine.holder(journal.lock_path(farm.logs, work)) for work in KINDS}
    return Look(
        version=__version__,
        facts=facts,
        plan=plan,
        usage=machine.usage(idents),
        writers={work: holder is not None for work, holder in holders.items()},
    )


class Meter:
    """Counts what a loop tells. `page` may be asked for on any thread."""

    def __init__(self, farm: Farm) -> None:
        # When each counter began is a family of its own otherwise, which promtool finds fault with.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._farm = farm
        self._last: Ticked | None = None
        self._over: Mapping[str, Start | Transfer] | None = None
        self.registry = registry = CollectorRegistry(auto_describe=False)
        self._ticks = Counter("plotman_tick", "Ticks since the loop began.", registry=registry)
        self._seconds = Histogram(
            "plotman_tick_duration_seconds",
            "From a tick's look at the world to its end.",
            buckets=TICKS,
            registry=registry,
        )
        self._actions = Counter(
            "plotman_actions", "Actions and what came of them.", ("kind", "result"), registry=registry
        )
        for kind in actions.ORDER:
            for result in RESULTS:
                self._actions.labels(kind, result)
        self._troubles = Counter(
            "plotman_troubles", "Troubles of the loop itself, such as a spec.", registry=registry
        )
        self._jobs = Counter(
            "plotman_jobs_ended", "Jobs that came to their end.", ("outcome",), registry=registry
        )
        self._plots = Histogram(
            "plotman_plot_duration_seconds", "How long finished jobs took.", buckets=PLOTS, registry=registry
        )
        self._transfers = Counter(
            "plotman_transfers_ended",
            "Transfers that came to their end.",
            ("farmer", "outcome"),
            registry=registry,
        )
        self._archived = Counter(
            "plotman_archived_bytes", "Plots that got to a farmer.", ("farmer",), registry=registry
        )
        registry.register(Families(self._now))

    @property
    def ticked(self) -> bool:
        """Is there anything to tell?"""
        return self._last is not None

    def hear(self, event: Event) -> None:
        """Count what this event tells."""
        match event:
            case Outcome():
                self._actions.labels(event.action.kind, event.result).inc()
            case Trouble():
                self._troubles.inc()
            case Ticked():
                self._ticks.inc()
                facts, now = event.facts, self._farm.world.machine.now()
                self._seconds.observe(max(0.0, now.up - facts.now.up))
                self._count_ended(facts)
                self._last = event

    def page(self) -> str:
        """All of it, in Prometheus' text format."""
        return generate_latest(self.registry).decode()

    def _now(self) -> Iterable[Metric]:
        last = self._last
        if last is None:
            return
        about = "Wall clock of the look that the newest tick began with."
        yield gauge("plotman_last_tick_timestamp_seconds", about, (), {(): last.facts.now.at})
        yield from families(look(self._farm, last.facts, last.plan))

    def _count_ended(self, facts: Facts) -> None:
        if not (isinstance(facts.seen.starts, Known) and isinstance(facts.seen.transfers, Known)):
            return
        before = self._over
        begun: Iterable[Start | Transfer] = (*facts.starts, *facts.transfers)
        self._over = {each.id: each for each in begun if each.outcome not in UNDER_WAY}
        if before is None:
            return
        for ended in (each for name, each in self._over.items() if name not in before):
            if isinstance(ended, Start):
                self._jobs.labels(ended.outcome).inc()
                if ended.outcome == "finished" and ended.seconds is not None:
                    self._plots.observe(ended.seconds)
            else:
                self._transfers.labels(ended.farmer, ended.outcome).inc()
                if ended.outcome == "finished":
                    self._archived.labels(ended.farmer).inc(ended.bytes)


@contextmanager
def metering(
    farm: Farm, address: tuple[str, int] | None, path: str | None, tell: Callable[[Event], None]
) -> Iterator[Callable[[Event], None]]:
    """What listens to a loop and publishes what it counts, as long as the context lasts.

    address: host and port to serve on. path: the file to write each tick. tell: where its troubles go, once each.
    Raises PlotmanError where the address cannot be had.
    """
    meter = Meter(farm)
    with ExitStack() as stack:
        if address is not None:
            stack.enter_context(_serving(meter, *address))
        if path is None:
            yield meter.hear
            return

        def page() -> str | None:
            return meter.page() if meter.ticked else None

        write = stack.enter_context(writing("--metrics-textfile", path, page, tell))

        def hear(event: Event) -> None:
            meter.hear(event)
            if isinstance(event, Ticked):
                write()

        yield hear


@contextmanager
def _serving(meter: Meter, host: str, port: int) -> Iterator[None]:
    try:
        server, thread = start_http_server(port, host, meter.registry)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        shown = f"[{host}]" if ":" in host else host
        raise PlotmanError(f"--metrics: cannot listen on {shown}:{port}: {why}") from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
