from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.transports.names import Landing, parse_part, part_name

PLOT = "plot-k32-2024-03-01-12-00-" + "ab" * 32 + ".plot"
names = st.text(st.characters(exclude_characters="/\0"), min_size=1)
hosts = st.text(min_size=1)


@given(names, st.integers(0, 10**18), hosts)
def test_a_part_name_reads_back_as_what_it_was_made_of(plot: str, size: int, host: str) -> None:
    assert parse_part(part_name(plot, size, host)) == (plot, size, host)


@given(names, st.integers(0, 10**18), hosts)
def test_a_part_name_is_one_hidden_name_in_one_folder(plot: str, size: int, host: str) -> None:
    name = part_name(plot, size, host)
    assert name.startswith(".")
    assert "/" not in name


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        (f".{PLOT}.108836000000.plotter1.part", Landing(PLOT, 108_836_000_000, "plotter1")),
        (f".{PLOT}.108836000000.10%2E0%2E0%2E7.part", Landing(PLOT, 108_836_000_000, "10.0.0.7")),
        (f".{PLOT}.aB3xYz", Landing(PLOT, None, "")),
        (f"{PLOT}.tmp", Landing(PLOT, None, "")),
        (f"{PLOT}.2.tmp", Landing(PLOT, None, "")),
        (f"{PLOT}2.tmp", Landing(PLOT + "2", None, "")),
        (PLOT, None),
        (f".{PLOT}", None),
        (f".{PLOT}.part", None),
        (f".{PLOT}.0123.host.part", None),
        (f".{PLOT}.12.a.b.part", None),
        (f"{PLOT}.p1.t2.sort_bucket_001.tmp", None),
        ("notes.txt.tmp", None),
        ("", None),
    ],
)
def test_only_names_of_plots_on_their_way_are_read(name: str, meant: Landing | None) -> None:
    assert parse_part(name) == meant
