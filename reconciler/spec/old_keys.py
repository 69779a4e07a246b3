"""What becomes of each key of a plotman.yaml of versions 0 to 2: tables, and how values change.

A converter raises ValueError with a plain sentence for a value that it cannot carry over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.spec import tree, units
from reconciler.spec.tree import Value

Convert = Callable[[Value], Value]


def whole(value: Value) -> int:
    """A whole number, also one in quotes."""
    number = tree.scalar(value) if isinstance(value, str) else value
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValueError("it is no whole number")
    return number


def count(value: Value) -> int:
    """A whole number from 0 up."""
    number = whole(value)
    if number < 0:
        raise ValueError("it is below 0")
    return number


def seconds(unit: int) -> Convert:
    """A converter to a duration, from a number of so many seconds each."""

    def convert(value: Value) -> Value:
        number = tree.scalar(value) if isinstance(value, str) else value
        if isinstance(number, bool) or not isinstance(number, int | float) or number < 0:
            raise ValueError("it is no time")
        return units.write_duration(int(number * unit))

    return convert


def tick(value: Value) -> Value:
    """A duration of seconds; 0 becomes the shortest tick."""
    return seconds(1)(value) or "1s"


def flag(value: Value) -> bool:
    """What YAML 1.1 calls true or false."""
    if str(value).casefold() not in ("true", "yes", "on", "false", "no", "off"):
        raise ValueError("it is neither true nor false")
    return str(value).casefold() in ("true", "yes", "on")


def text(value: Value) -> str:
    """A text that is not empty; a key of digits only may look like a number."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise ValueError("it is no text")
    return str(value)


MOVES: tuple[tuple[str, str, Convert], ...] = (
    ("logging.plots", "directories.logs", units.parse_path),
    ("directories.log", "directories.logs", units.parse_path),
    ("directories.tmp2", "directories.tmp2", lambda value: [units.parse_path(value)]),
    ("scheduling.global_max_jobs", "scheduling.max_jobs", count),
    ("scheduling.global_stagger_m", "scheduling.stagger", seconds(60)),
    ("scheduling.polling_time_s", "scheduling.tick", tick),
    ("scheduling.tmpdir_max_jobs", "scheduling.tmp.max_jobs", count),
    ("plotting.type", "plotting.plotter", text),
    ("plotting.farmer_pk", "plotting.keys.farmer", text),
    ("plotting.pool_contract_address", "plotting.keys.contract", text),
)
"""Keys that move: from, to, and how the value changes."""

OPTIONS: Mapping[str, Mapping[str, tuple[str, Convert]]] = {
    "chia": {
        "k": ("k", whole),
        "executable": ("executable", text),
        "n_threads": ("options.threads", whole),
        "n_buckets": ("options.buckets", whole),
        "job_buffer": ("options.buffer", whole),
        "e": ("options.nobitfield", flag),
        "x": ("options.exclude_final_dir", flag),
    },
    "madmax": {
        "k": ("k", whole),
        "executable": ("executable", text),
        "n_threads": ("options.threads", whole),
        "n_buckets": ("options.buckets", whole),
        "n_buckets3": ("options.buckets3", whole),
        "n_rmulti2": ("options.rmulti2", whole),
    },
    "bladebit": {
        "executable": ("executable", text),
        "threads": ("options.threads", whole),
        "no_numa": ("options.no_numa", flag),
        "no_cpu_affinity": ("options.no_cpu_affinity", flag),
    },
}
"""Each plotter's block: key, where it goes below `plotting`, and how the value changes."""

REASONS: Mapping[str, str] = {
    "user_interface": "the terminal's size is found without it",
    "commands": "`plotman plot`, `archive` and `apply` say by their names what they start",
    "logging.transfers": "logs of transfers lie in directories.logs, too",
    "logging.application": "the loop writes its own log to stderr, for systemd or a file to keep",
    "version": "",
}
"""Keys that have no place in the spec, each with the reason; a whole branch is named once."""

STAGGER = ("tmpdir_stagger_phase_major", "tmpdir_stagger_phase_minor", "tmpdir_stagger_phase_limit")
