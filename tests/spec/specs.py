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
# Without an exponent, which JSON writes without a point, and a spec reads as text.
fractions = st.integers(-(10**9), 10**9).map(lambda number: number / 8)
options = st.dictionaries(words, words | st.booleans() | st.integers(-(2**63), 2**64) | fractions, max_size=4)


def _paths(prefix: str, extra: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[list[Any]]:
    def numbered(items: list[Any]) -> list[Any]:
        return [
            {"path": f"{prefix}/{number}", **item} if item else f"{prefix}/{number}"
            for number, item in enumerate(items)
        ]

    return st.lists(st.fixed_dictionaries({}, optional=extra), max_size=4).map(numbered)


rates = st.sampled_from(["80MB/s", "1.5MiB/s", "7 B/s"])
shared = {"bandwidth": rates, "ionice": st.sampled_from(["normal", "idle"])}


def _transport(kind: str, **more: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"kind": st.just(kind)}, optional={**shared, **more})


transports = st.one_of(
    st.just("sftp"),
    _transport("rsync", verify=st.sampled_from(["size", "sha256"]), executable=words),
    _transport("sftp"),
    _transport("rsyncd", port=st.integers(1, 65535), user=words, password_file=st.just("/secret")).map(
        lambda found: {**found, "module": "plots", "root": "/farm"}
    ),
    _transport("command", ssh=st.just(True), verify=st.just(["true"])).map(
        lambda found: {**found, "argv": ["copy", "{source}", "{host}"]}
    ),
)
matches = {
    "k": st.lists(st.integers(25, 40), max_size=3),
    "compression": st.sampled_from(["<7", ">=5", "0"]),
    "contract": st.just("none"),
}
anywhere: dict[str, st.SearchStrategy[Any]] = {
    "path": st.sampled_from(["plots", "a/b"]),
    "mount": st.booleans(),
    "floor": sizes,
    "order": st.sampled_from(["emptiest", "fullest"]),
    "priority": st.integers(-5, 5),
    "take": st.fixed_dictionaries({}, optional=matches),
    "limits": st.fixed_dictionaries(
        {},
        optional={
            "transfers": st.integers(0, 9) | st.just("auto"),
            "per_disk": st.integers(1, 3) | st.just("auto"),
            "per_source": st.integers(1, 3) | st.just("auto"),
        },
    ),
    "replace": st.fixed_dictionaries(
        {
            "match": st.fixed_dictionaries({"before": st.just("2022-01-01")}, optional=matches),
            "keep_free": sizes,
        }
    ),
}
farmers = st.one_of(
    st.fixed_dictionaries({}, optional=anywhere),
    st.fixed_dictionaries(
        {"host": st.sampled_from(["near.lan", "far.lan"])},
        optional={
            **anywhere,
            "transport": transports,
            "user": st.just("chia"),
            "port": st.integers(1, 65535),
            "identity": st.just("/key"),
        },
    ),
)

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
        "archive": st.lists(farmers, max_size=3).map(
            lambda found: [
                {**farmer, "name": name, "disks": [f"/farm/{name}/*"]}
                for name, farmer in zip(("a", "b-1", "yes"), found, strict=False)
            ]
        ),
        "archiving": st.fixed_dictionaries({}, optional={"transfers": st.integers(0, 9)}),
        "clean": st.fixed_dictionaries({"orphans_after": st.sampled_from(["10m", "6h"])}),
    },
)


def specs() -> st.SearchStrategy[Spec]:
    """Specs, each from a generated document."""
    return documents.map(lambda document: parse(write(document), "generated").spec)
