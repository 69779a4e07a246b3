"""The first bytes of plots: what they say, and how they are held against names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.inquiry import HEAD
from reconciler.plotters.chiapos import stripe
from reconciler.plotters.head import MAGIC, SIZE, Head, fault, read
from reconciler.plotters.names import PlotName, parse
from tests.heads import CONTRACT, format_1, format_2, memo

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
        ("plot-k32-c07-{}.plot", format_2(ID, 32, 7), None),
        ("plot-k32-c07-{}.plot", format_2(OTHER, 32, 7), "plot 1e1e1e1e"),
        ("plot-k32-{}.plot", format_2(ID, 33, 0), "k33"),
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
    read(data)


@given(st.binary(min_size=32, max_size=32), st.integers(18, 50), st.integers(0, 9), st.booleans())
def test_what_a_head_was_made_for_is_read_back(plot_id: bytes, k: int, level: int, pooled: bool) -> None:
    contract = CONTRACT if pooled else ""
    for_whom = memo(contract)
    assert read(format_2(plot_id.hex(), k, level, for_whom)) == Head(plot_id.hex(), k, level, contract)
    assert read(format_1(plot_id.hex(), k, for_whom)) == Head(plot_id.hex(), k, 0, contract)


@pytest.mark.parametrize("whole", [format_1(ID, 32), format_2(ID, 32, 7), format_2(ID, 32, 0)])
def test_of_a_head_that_is_cut_short_nothing_is_known(whole: bytes) -> None:
    assert read(whole) is not None
    assert len(whole) <= HEAD
    assert not any(read(whole[:size]) for size in range(len(whole)))


@pytest.mark.parametrize(
    "data",
    [
        format_1(ID, 32, description=b"v2.5"),
        format_1(ID, 32, b"\1" * 100),
        format_2(ID, 32, 7, b""),
        format_2(ID, 32, 7, flags=3),
        b"PLOT\3\0\0\0" + format_2(ID, 32, 7)[8:],
        b"\0" * HEAD,
    ],
    ids=["another description", "another memo", "no memo", "other flags", "another version", "zeros"],
)
def test_what_is_not_known_for_certain_is_not_told(data: bytes) -> None:
    assert read(data) is None


# --- held against the reference implementation ---------------------------------------------------


@pytest.mark.parametrize(("level", "contract"), [(0, ""), (0, CONTRACT), (1, CONTRACT), (7, "")])
def test_the_reference_prover_reads_the_same(tmp_path: Path, level: int, contract: str) -> None:
    chiapos = pytest.importorskip("chiapos")
    path = tmp_path / "x.plot"
    data = format_2(ID, 32, level, memo(contract))
    # It wants to know where tables lie, and how large they are.
    tables = [
        b"".join(number.to_bytes(8, "big") for number in numbers)
        for numbers in (range(512, 5632, 512), [512] * 10)
    ]
    path.write_bytes((data + b"".join(tables)).ljust(8192, b"\0"))
    prover = chiapos.DiskProver(str(path))
    found = read(data)
    assert found is not None
    told = (prover.get_id().hex(), prover.get_size(), prover.get_compression_level())
    assert told == (found.plot_id, found.k, found.level)
    assert prover.get_memo() == memo(contract)


def test_a_real_plot_is_known_by_its_head(tmp_path: Path) -> None:
    chiapos = pytest.importorskip("chiapos")
    arguments = (*[str(tmp_path)] * 3, "x.plot", 18, memo(CONTRACT), bytes.fromhex(ID))
    chiapos.DiskPlotter().create_plot_disk(*arguments, 200, 16, stripe(18, 16), 2, False)
    data = (tmp_path / "x.plot").read_bytes()[:HEAD]
    assert read(data) == Head(ID, 18, 0, CONTRACT)
    assert fault(data, named("plot-k18-{}.plot")) is None
