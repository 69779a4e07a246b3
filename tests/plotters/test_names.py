"""File names of plots and of temporary files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.plotters import Plotters, TempName
from reconciler.plotters.names import PlotName, parse

ID = "0f" * 32
DATE = "2026-11-21-23-24"


def name(
    k: int = 32,
    compression: int | None = None,
    date: str | None = DATE,
    temporary: bool = False,
    kind: str = "plot",
    digits: int = 0,
) -> PlotName:
    return PlotName(
        k=k,
        compression=compression,
        date=date,
        plot_id=ID,
        extension="plot",
        temporary=temporary,
        kind=kind,
        digits=digits,
    )


@pytest.mark.parametrize(
    ("text", "expect"),
    [
        (f"plot-k32-{DATE}-{ID}.plot", name()),
        (f"plot-k18-{ID}.plot", name(k=18, date=None)),
        (f"plot-k32-c07-{DATE}-{ID}.plot", name(compression=7, digits=2)),
        (f"plot-k32-c7-{DATE}-{ID}.plot.tmp", name(compression=7, digits=1, temporary=True)),
        (f"plot-k32-{DATE}-{ID}.plot.2.tmp", name(temporary=True)),
        (f"plot-mmx-k32-c12-{DATE}-{ID}.plot", name(compression=12, kind="mmx", digits=2)),
        (f"plot-mmx-hdd-k32-{DATE}-{ID}.plot", name(kind="mmx")),
        (f"plot-mmx-ssd-k32-{DATE}-{ID}.plot", name(kind="mmx-ssd")),
        (
            f"plot-k28-{ID}.plot2",
            PlotName(
                k=28,
                compression=None,
                date=None,
                plot_id=ID,
                extension="plot2",
                temporary=False,
                kind="plot2",
            ),
        ),
        (
            f"plot-k28-{ID}.gplot",
            PlotName(
                k=28,
                compression=None,
                date=None,
                plot_id=ID,
                extension="gplot",
                temporary=False,
                kind="gplot",
            ),
        ),
        (f"plot-k32-{DATE}-{ID}.plot.2", None),
        (f"plot-k32-{DATE}-{ID}.plot.part", None),
        (f".plot-k32-{DATE}-{ID}.plot.a1b2c3", None),
        (f"plot-k32-{DATE}-{ID.upper()}.plot", None),
        (f"plot-k32-{DATE}-{ID[:-1]}.plot", None),
        (f"plot-k32-{DATE}-{ID}.plot\n", None),
        ("plot-k32.plot", None),
        ("", None),
    ],
)
def test_a_name_says_what_it_says(text: str, expect: PlotName | None) -> None:
    assert parse(text) == expect


@given(st.text(max_size=120))
def test_no_name_makes_reading_fail(text: str) -> None:
    assert parse(text) is None


STEM = f"plot-k20-{DATE}-{ID}.plot"


@pytest.mark.parametrize(
    "ending",
    [
        ".table1.tmp",
        ".table7.tmp",
        ".sort.tmp",
        ".p1.t1.sort_bucket_000.tmp",
        ".p2.t7.sort_bucket_127.tmp",
        ".p3.t2.sort_bucket_031.tmp",
        ".p3s.t6.sort_bucket_001.tmp",
        ".2.tmp",
    ],
)
def test_temporary_files_of_chiapos_tell_whose_they_are(plotters: Plotters, ending: str) -> None:
    for each in (plotters, plotters["chia"], plotters["chiapos"]):
        found = each.temp(STEM + ending)
        assert found is not None
        assert found.plot_id == ID


@pytest.mark.parametrize(
    "ending",
    [
        ".p1.table7.tmp",
        ".p1.t1.sort_bucket_0.tmp",
        ".p2.table7.tmp",
        ".p2.t6.sort_bucket_255.tmp",
        ".p3s1.t2.sort_bucket_12.tmp",
        ".p3s2.t7.sort_bucket_3.tmp",
        ".plot.tmp",
    ],
)
def test_temporary_files_of_madmax_tell_whose_they_are(plotters: Plotters, ending: str) -> None:
    for each in (plotters, plotters["madmax"]):
        found = each.temp(STEM.removesuffix(".plot") + ending)
        assert found is not None
        assert found.plot_id == ID


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bladebit-disk", "t1_0.tmp"),
        ("bladebit-disk", "y0_127.tmp"),
        ("bladebit-disk", "index0_3.tmp"),
        ("bladebit-disk", "map2_0.tmp"),
        ("bladebit-disk", "table_2_marks_0.tmp"),
        ("bladebit-disk", "lp_0.tmp"),
        ("bladebit-disk", "lp_map_0_12.tmp"),
        ("bladebit-disk", "meta1_9.tmp"),
        ("bladebit-cuda", "p1y-p3index.tmp"),
        ("bladebit-cuda", "p1meta-p3rmap.tmp"),
        ("bladebit-cuda", "p1unsortedx-p1lpairs-p3lp-p3-lmap.tmp"),
        ("bladebit-cuda", "p1unsorted_r.tmp"),
        ("gigahorse-cuda", "cuda_plot_tmp2_17.tmp"),
    ],
)
def test_a_temporary_file_that_tells_nothing_wants_a_folder_of_its_own(
    plotters: Plotters, name: str, text: str
) -> None:
    assert plotters[name].temp(text) == TempName(None)
    assert plotters[name].own_folder


def test_whoever_has_no_folder_of_its_own_tells_whose_its_files_are(plotters: Plotters) -> None:
    for plotter in plotters.values():
        assert plotter.own_folder or all("{plot}" in pattern for pattern in plotter.definition.temps)


@pytest.mark.parametrize(
    "text",
    [
        STEM,
        STEM + ".table8.tmp",
        STEM + ".part",
        STEM + ".2.tmp~",
        "x.tmp",
        "",
        "notes.txt",
    ],
)
def test_other_files_are_no_temporary_files(plotters: Plotters, text: str) -> None:
    assert plotters["chia"].temp(text) is None


def test_many_are_told_apart_as_each_alone(plotters: Plotters) -> None:
    other = STEM.replace(ID, ID[::-1])
    names = [
        STEM + ".sort.tmp",
        "notes.txt",
        other + ".2.tmp",
        "t1_0.tmp",
        STEM,
        STEM + ".table1.tmp",
        "lp_0.tmp",
    ]
    alone: dict[str | None, list[str]] = {}
    for name in names:
        found = plotters.temp(name)
        if found is not None:
            alone.setdefault(found.plot_id, []).append(name)
    assert plotters.temps(names) == alone
    assert alone.keys() == {ID, ID[::-1], None}
