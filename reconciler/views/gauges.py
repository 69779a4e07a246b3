"""Gauges as prometheus_client takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from reconciler.views import words

L = TypeVar("L", bound=tuple[str, ...])


class Families(Collector):
    """Metrics that are made anew for each page."""

    def __init__(self, make: Callable[[], Iterable[Metric]]) -> None:
        self._make = make

    def collect(self) -> Iterable[Metric]:
        """As prometheus_client asks for them."""
        return self._make()


def gauge(name: str, about: str, labels: tuple[str, ...], values: Mapping[L, float]) -> GaugeMetricFamily:
    """One family; values: each sample by its labels' values, fit to be shown."""
    family = GaugeMetricFamily(name, about, labels=labels)
    # Two paths that look alike once they are fit to be shown must not make the page invalid.
    shown = {tuple(map(words.clean, labelled)): value for labelled, value in values.items()}
    for labelled, value in shown.items():
        family.add_metric(labelled, value)
    return family
