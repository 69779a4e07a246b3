"""The first bytes of plots, held against their names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.plotters.head import MAGIC, SIZE, fault
from reconciler.plotters.names import PlotName, parse

ID, OTHER = "0f" * 32, "1e" * 32


def head(plot_id: str = ID, k: int = 32) -> bytes:
    return MAGIC + bytes.fromhex(plot_id) + bytes([k]) + b"\0" * 20


def named(text: str) -> PlotName:
    found = parse(text.format(ID))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("plot-k32-{}.plot", head(), None),
        ("plot-k32-{}.plot", head(OTHER), "plot 1e1e1e1e"),
        ("plot-k32-{}.plot", head(k=33), "k33"),
        ("plot-k32-{}.plot", b"\0" * 100, "does not begin as a plot does"),
        ("plot-k32-{}.plot", head()[: SIZE - 1], "only"),
        ("plot-k32-c07-{}.plot", b"\0" * 100, None),
        ("plot-mmx-hdd-k32-{}.plot", b"\0" * 100, None),
        ("plot-k28-{}.plot2", b"\0" * 100, None),
    ],
)
def test_a_head_is_judged_by_what_is_known_of_its_kind(name: str, data: bytes, says: str | None) -> None:
    found = fault(data, named(name))
    assert (found is None) if says is None else (found is not None and says in found)


@given(st.binary(max_size=80))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    assert fault(data, named("plot-k32-{}.plot")) is None or data[:SIZE] != head()[:SIZE]
