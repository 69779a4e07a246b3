"""Generated specs: any that the models and the cross-field checks allow."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from reconciler.spec.loading import parse
from reconciler.spec.models import Spec
from reconciler.spec.writing import write

sizes = st.sampled_from([0, "1B", "20GB", "1.5TB", "64MiB", "7KB"])
durations = st.sampled_from(["90s", "30m", "1h30m", "365d", "1w", "0.5s"])
counts = st.integers(0, 50) | st.just("auto")
phases = st.builds(lambda major, minor: f"{major}:{minor}", st.integers(1, 5), st.integers(0, 20))
staggers = st.just("auto") | st.fixed_dictionaries({"until": phases}, optional={"at_most": st.integers(1, 9)})
windows = st.lists(st.sampled_from(["22:00-06:00", "sat-sun", "mon-fri 08:30-17:00", "wed"]), max_size=3)
words = st.text(max_size=12) | st.sampled_from(
    ["yes", "2:1", "0x1f", "1e5", "~", "null", "12", "a: b", "#c", " x "]
)
options = st.dictionaries(
    words, words | st.booleans() | st.integers(-(2**63), 2**64) | st.floats(-1e30, 1e30), max_size=4
)


def _paths(prefix: str, extra: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[list[Any]]:
    def numbered(items: list[Any]) -> list[Any]:
        return [
            {"path": f"{prefix}/{number}", **item} if item else f"{prefix}/{number}"
            for number, item in enumerate(items)
        ]

    return st.lists(st.fixed_dictionaries({}, optional=extra), max_size=4).map(numbered)


documents: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "version": st.just(3),
        "directories": st.fixed_dictionaries(
            {
                "logs": st.just("/l") | st.fixed_dictionaries({"path": st.just("/l"), "keep": durations}),
                "dst": _paths("/dst", {"max_jobs": st.integers(0, 9), "floor": sizes}),
                "tmp": _paths(
                    "/tmp",
                    {
                        "max_jobs": counts,
                        "stagger": staggers,
                        "start_windows": windows,
                        "floor": sizes,
                    },
                ).map(lambda found: [*found, "/tmp/always"]),
            }
        ),
    },
    optional={
        "plotting": st.fixed_dictionaries(
            {},
            optional={
                "state": st.sampled_from(["running", "drained"]),
                "k": st.integers(16, 50),
                "executable": words,
                "keys": st.fixed_dictionaries({}, optional={"farmer": words, "pool": words}),
                "options": options,
                "stop_after": st.integers(1, 1000),
            },
        ),
        "scheduling": st.fixed_dictionaries(
            {},
            optional={
                "tick": durations,
                "max_jobs": counts,
                "stagger": durations | st.just("auto"),
                "tmp": st.fixed_dictionaries({}, optional={"max_jobs": counts, "stagger": staggers}),
                "start_windows": windows,
            },
        ),
        "archive": st.lists(st.sampled_from(["a", "b-1", "yes", "2.1"]), max_size=3, unique=True).map(
            lambda names: [{"name": name, "disks": [f"/farm/{name}/*"], "mount": True} for name in names]
        ),
        "clean": st.fixed_dictionaries({"orphans_after": st.sampled_from(["10m", "6h"])}),
    },
)


def specs() -> st.SearchStrategy[Spec]:
    """Specs, each from a generated document."""
    return documents.map(lambda document: parse(write(document), "generated").spec)
