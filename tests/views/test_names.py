"""Short names of directories tell them apart, and lead back to them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.views.names import Names

from .samples import spec

PART = st.sampled_from(["mnt", "tmp", "00", "01", "a", "disk"])
PATH = st.lists(PART, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
PATHS = st.lists(PATH, min_size=1, unique=True)


def names(tmp: list[str], dst: list[str]) -> Names:
    return Names(spec(directories={"tmp": tmp, "dst": dst, "logs": "/logs"}))


@given(PATHS)
def test_short_names_are_unique_and_found_back(paths: list[str]) -> None:
    found = names(paths, [])
    shown = [found.short(path, "tmp", "/") for path in paths]
    assert len(set(shown)) == len(paths)
    for path, short in zip(paths, shown, strict=True):
        assert path in found.find(short)
        assert found.find(path) == (path,)


def test_one_part_is_enough_where_it_tells_them_apart() -> None:
    found = names(["/mnt/tmp/00", "/mnt/tmp/01"], ["/a/disk", "/b/disk"])
    assert found.short("/mnt/tmp/00", "tmp") == "tmp 00"
    assert found.short("/b/disk", "dst") == "dst b/disk"
    assert found.find("tmp/00") == ("/mnt/tmp/00",)
    assert found.find("disk") == ("/a/disk", "/b/disk")
    assert found.find("nowhere") == ()


def test_a_directory_that_the_spec_does_not_know_keeps_its_path() -> None:
    assert names(["/mnt/tmp/00"], []).short("/elsewhere", "tmp") == "/elsewhere"


def test_a_plot_that_lands_on_tmp_is_shown_there() -> None:
    assert names(["/mnt/tmp/00"], []).short("/mnt/tmp/00", "dst") == "tmp 00"
