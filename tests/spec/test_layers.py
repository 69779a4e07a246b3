"""Documents laid over one another: what must hold whatever they say."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import Problem, SpecError
from reconciler.spec import layers, tree, variables
from reconciler.spec.files import DISK, Files, Texts
from reconciler.spec.loaded import Loaded
from reconciler.spec.loading import Library, load, parse
from reconciler.spec.merging import merge
from reconciler.spec.node import node_of, tree_of
from reconciler.spec.writing import write
from tests.spec.cases import cases
from tests.spec.specs import documents

GONE = object()


def problems(files: Mapping[str, str]) -> list[str]:
    """What is wrong with the first of some files, and with those that it extends."""
    with pytest.raises(SpecError) as caught:
        load(next(iter(files)), files=Texts(files))
    return [str(problem) for problem in caught.value.problems]


# --- merging -------------------------------------------------------------------------------------

small = st.integers(0, 3)
names = st.sampled_from(["a", "b", "c"])


def _items(key: str, names: st.SearchStrategy[str], *, short: bool) -> st.SearchStrategy[Any]:
    long = st.builds(lambda name, more: {key: name, **more}, names, st.dictionaries(names, small, max_size=2))
    return st.lists(
        long | names if short else long,
        max_size=3,
        unique_by=lambda item: item if isinstance(item, str) else item[key],
    )


paths = st.sampled_from(["/x", "/y", "/z"])
directories = _items("path", paths, short=True)
parts = st.fixed_dictionaries(
    {},
    optional={
        "directories": st.fixed_dictionaries(
            {},
            optional={
                "tmp": directories | paths,
                "dst": directories,
                "logs": paths | st.fixed_dictionaries({}, optional={"path": paths, "keep": small}),
            },
        ),
        "archive": _items("name", names, short=False),
        "scheduling": st.dictionaries(names, small | st.lists(small, max_size=2), max_size=3).map(
            lambda found: {key: value for key, value in found.items() if key != "c" or isinstance(value, int)}
        ),
        "version": small,
    },
)
"""Parts of a spec in which one key is always of one kind, as it is in a spec."""


def laid(*values: Any) -> Any:
    """Values laid over one another, the first the lowest; a lone directory as a list of one."""
    told: list[Problem] = []
    below, *above = (node_of(tree.read(write(value), f"{number}")) for number, value in enumerate(values))
    for node in above:
        below = merge(below, node, told)
    found: Any = tree_of(below, "laid", told).value
    assert not told
    if isinstance(tmp := found.get("directories", {}).get("tmp"), str):
        found["directories"]["tmp"] = [tmp]
    return found


@given(parts, parts, parts)
@settings(max_examples=150, deadline=None)
def test_merging_is_associative(one: Any, two: Any, three: Any) -> None:
    assert laid(laid(one, two), three) == laid(one, laid(two, three)) == laid(one, two, three)


@given(parts)
@settings(max_examples=200, deadline=None)
def test_a_layer_with_nothing_changes_nothing(value: Any) -> None:
    assert laid({}, value) == laid(value, {}) == laid(value, value) == laid(value)


@given(parts, parts)
@settings(max_examples=200, deadline=None)
def test_what_lies_above_wins_and_what_it_does_not_name_stays(below: Any, above: Any) -> None:
    found = laid(below, above)
    assert laid(found, above) == found
    assert list(found) == [*below, *(key for key in above if key not in below)]


# --- whole specs ---------------------------------------------------------------------------------


def cut(value: Any, path: tuple[str, ...], draw: st.DrawFn) -> tuple[Any, Any]:
    """Two values that make the given one when the second is laid over the first; GONE: none is needed."""
    listed = path in (("directories", "tmp"), ("directories", "dst"), ("archive",))
    if isinstance(value, dict) and value and path != ("plotting", "options"):
        children = {key: cut(child, (*path, key), draw) for key, child in value.items()}
        below = {key: pair[0] for key, pair in children.items() if pair[0] is not GONE}
        above = {key: pair[1] for key, pair in children.items() if pair[1] is not GONE}
        return below, above
    if listed and value:
        middle = draw(st.integers(0, len(value)))
        repeated = [item for item in value[:middle] if draw(st.booleans())]
        return value[:middle], [*repeated, *value[middle:]]
    pairs = [(value, GONE), (GONE, value), (value, value)]
    return pairs[draw(st.integers(0, 2))]


@st.composite
def cuts(draw: st.DrawFn) -> tuple[Any, list[Any]]:
    """A document, and the layers that make it."""
    whole = draw(documents)
    pieces, rest = [], copy.deepcopy(whole)
    for _ in range(draw(st.integers(1, 3))):
        below, rest = cut(rest, (), draw)
        pieces.append(below)
    return whole, [*pieces, rest]


@given(cuts())
@settings(max_examples=150, deadline=None)
def test_a_spec_cut_into_layers_is_the_same_spec(case: tuple[Any, list[Any]]) -> None:
    whole, pieces = case
    files = {f"{number}.yaml": write(piece) for number, piece in enumerate(pieces[:-1])}
    top = {"extends": list(files), **pieces[-1]}
    loaded = load("top.yaml", files=Texts({**files, "top.yaml": write(top)}))
    assert loaded.spec == parse(write(whole), "whole").spec
    assert set(loaded.files) == {*files, "top.yaml"}
    stands_where_it_says(loaded, {**files, "top.yaml": write(top)})


def stands_where_it_says(loaded: Loaded, files: Mapping[str, str]) -> None:
    """Each value of the composed document is really at the file, line and column that are told of it."""
    written = {name: tree.read(text, name) for name, text in files.items()}
    composed = tree.read(loaded.text, "composed")
    for path, value in tree.walk(composed.value):
        place = loaded.origins[tree.render(path)] if path else None
        if place is None or isinstance(value, dict | list):
            continue
        document = written[place.file]
        there = [document.get(other) for other, found in document.values.items() if found == place]
        assert value in there or any("${var." in str(one) for one in there), (path, place)


LAYERED = {name: case["files"] for name, case in cases("spec").items() if "files" in case}


@pytest.mark.parametrize("name", [name for name in LAYERED if name.startswith("ok-")])
def test_every_value_of_a_case_stands_where_it_is_said_to(name: str) -> None:
    stands_where_it_says(load(next(iter(LAYERED[name])), files=Texts(LAYERED[name])), LAYERED[name])


# --- texts of any kind ---------------------------------------------------------------------------

lines = st.sampled_from(
    [
        "extends: b",
        "extends: [b, ./c, a]",
        "extends: [../b, '', '\\0']",
        "vars: {x: 1, y: '${var.x}'}",
        "vars: {x: '${var.y}${var.z}'}",
        "vars:",
        "delete: directories.tmp[/t]",
        "delete: ['[', 'a.', '[]', 'directories.tmp[/t].floor', plotting]",
        "directories: {tmp: /t, logs: /l}",
        "directories: {tmp: [/t, {path: /t}, 5, {path: [a]}, []], logs: {path: {}}}",
        "directories: {tmp: '${var.x}', logs: '$${var.x} ${var.y'}",
        "archive: [{name: 1}, {name: a, transport: x}, a]",
        "archive: {name: a, transport: {kind: rsync}}",
        "plotting: {options: {'${var.x}': ${var.x}}}",
        "version: 3",
        "- [",
    ]
)
anything = st.lists(lines | st.text(max_size=20), max_size=6).map("\n".join)


@given(anything, anything, anything)
@settings(max_examples=200, deadline=None)
def test_any_texts_load_or_are_refused_each_fault_at_a_place(a: str, b: str, c: str) -> None:
    files = {"a": a, "b": b, "c": c}
    try:
        load("a", files=Texts(files))
    except SpecError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.file in files
            assert problem.line >= 1
            assert problem.column >= 1


@given(st.sampled_from(sorted(LAYERED)), st.data())
@settings(max_examples=200, deadline=None)
def test_damaged_layers_load_or_are_refused(name: str, data: st.DataObject) -> None:
    files = dict(LAYERED[name])
    damaged = data.draw(st.sampled_from(sorted(files)))
    text = files[damaged]
    at = data.draw(st.integers(0, len(text)))
    put = data.draw(st.text("ab:,[]{}-&*\"' \n0$./", max_size=4))
    files[damaged] = text[:at] + put + text[at + data.draw(st.integers(0, 12)) :]
    try:
        load(next(iter(files)), files=Texts(files), home="/h")
    except SpecError as error:
        for jargon in ("pydantic", "schema", "anyOf", "Input should", "validation", "None"):
            assert jargon not in str(error), error


# --- bounds --------------------------------------------------------------------------------------


def test_a_chain_of_files_has_an_end() -> None:
    files = {f"{number}": f"extends: '{number + 1}'\n" for number in range(100)}
    (told,) = problems(files)
    last = layers.MAX_CHAIN
    assert told == (
        f"{last - 1}:1:10: extends: {last} is the last of {last + 1} that extend one another; "
        f"at most {last} may [extends]"
    )


def test_a_spec_is_made_of_so_many_files_at_most() -> None:
    many = {f"{number}": "" for number in range(layers.MAX_FILES)}
    told = problems({"top": f"extends: {list(many)}\n", **many})
    assert told == [
        f"top:1:{told[0].split(':')[2]}: extends[{layers.MAX_FILES - 1}]: {layers.MAX_FILES - 1} is one too many; "
        f"a spec is made of at most {layers.MAX_FILES} files [extends]"
    ]


def test_files_that_are_not_there_count_too() -> None:
    told = problems({"top": f"extends: {[f'f{number}' for number in range(200)]}\n"})
    assert len([line for line in told if "[unreadable]" in line]) == layers.MAX_FILES - 1
    assert len([line for line in told if "one too many" in line]) == 200 - layers.MAX_FILES + 1


def test_all_files_together_have_a_size_at_most() -> None:
    bulk = "# " + "x" * 250_000 + "\n"
    files = {"top": f"extends: {list('abcdef')}\n", **dict.fromkeys("abcdef", bulk)}
    told = problems(files)
    assert [line.partition(" is too much; ")[0] for line in told] == [
        "top:1:31: extends[4]: e",
        "top:1:36: extends[5]: f",
    ]
    assert told[0].endswith("all files of a spec have at most 1,000,000 characters together [extends]")


def test_what_layers_make_is_no_larger_than_a_document() -> None:
    def tmp(prefix: str) -> str:
        return write({"directories": {"tmp": [f"/{prefix}/{'x' * 40}/{number}" for number in range(3_500)]}})

    (told,) = problems({"top": "extends: [a, b]\nversion: 3\n", "a": tmp("a"), "b": tmp("b")})
    assert "characters with all that it extends; at most 256,000 are read [too-big]" in told


def _doubling() -> str:
    doubled = "".join(f"  v{number + 1}: '${{var.v{number}}}${{var.v{number}}}'\n" for number in range(18))
    return "version: 3\nvars:\n  v0: " + "x" * 100 + "\n" + doubled


def _repeated() -> str:
    options = "".join(f"    o{number}: ${{var.v}}\n" for number in range(5_000))
    return f"version: 3\nvars: {{v: {'x' * 100_000}}}\nplotting:\n  options:\n{options}"


def _long() -> str:
    return f"version: 3\nvars: {{v: {'x' * 100_000}}}\nplotting: {{executable: '{'${var.v}' * 10_000}'}}\n"


@pytest.mark.parametrize("text", [_doubling(), _repeated(), _long()], ids=["doubling", "repeated", "long"])
def test_vars_cannot_multiply_without_end(text: str) -> None:
    began = time.process_time()
    told = problems({"top": text})
    most = f"filled in, all texts together have over {variables.MAX_FILLED:,} characters"
    assert len([line for line in told if most in line]) == 1
    assert time.process_time() - began < 5


def test_a_long_row_of_vars_has_an_end() -> None:
    row = "".join(f"  v{number}: ${{var.v{number + 1}}}\n" for number in range(5_000))
    told = problems({"top": f"version: 3\nvars:\n{row}  v5000: 1\n"})
    assert any("each by the next; write some of them out [variable]" in line for line in told)


def test_so_many_deletions_at_most() -> None:
    many = "".join(f"  - plotting.options.o{number}\n" for number in range(5_000))
    options = "".join(f"    o{number}: 1\n" for number in range(5_000))
    base = f"version: 3\ndirectories: {{tmp: /t, logs: /l}}\nplotting:\n  options:\n{options}"
    assert problems({"top": f"extends: base\ndelete:\n{many}", "base": base}) == [
        "top:503:5: delete[500]: is one too many; all layers of a spec have at most 500 [delete]"
    ]


def test_faults_in_bulk_are_told_in_time_and_in_bounds() -> None:
    given = "".join(f"  name{number}: 1\n" for number in range(5_000))
    wanted = ", ".join(f'"${{var.nome{number}}}"' for number in range(5_000))
    began = time.process_time()
    found = problems({"top": f"version: 3\nvars:\n{given}archive: [{wanted}]\n"})
    assert 100 <= len(found) <= 200
    assert max(map(len, found)) < 500
    assert time.process_time() - began < 10


# --- files ---------------------------------------------------------------------------------------

BASE = "version: 3\ndirectories: {tmp: /mnt/tmp/00, logs: /logs}\n"


class Counting(Files):
    """The files of this machine, and how often each was read."""

    def __init__(self) -> None:
        self.read_times: dict[str, int] = {}

    def read(self, path: str) -> str:
        self.read_times[path] = self.read_times.get(path, 0) + 1
        return DISK.read(path)

    def beside(self, path: str, other: str) -> str:
        return DISK.beside(path, other)


def test_a_library_reads_what_specs_share_once(tmp_path: Path) -> None:
    (tmp_path / "hosts").mkdir()
    (tmp_path / "base.yaml").write_text(BASE)
    hosts = [tmp_path / f"hosts/h{number}.yaml" for number in range(5)]
    for host in hosts:
        host.write_text(f"extends: ../base.yaml\nhost: {{name: {host.stem}}}\n")
    files = Counting()
    library = Library(files)
    loaded = [library.load(str(host)) for host in hosts]
    assert [one.spec.host.name for one in loaded if one.spec.host] == [host.stem for host in hosts]
    assert loaded[0].files == (str(hosts[0]), str(tmp_path / "base.yaml"))
    assert set(files.read_times.values()) == {1}
    assert len(files.read_times) == 6


def test_a_library_gives_every_spec_its_own_values(tmp_path: Path) -> None:
    """What is a base to others may be a spec itself, and ~ is filled in for each."""
    base = tmp_path / "base.yaml"
    base.write_text("version: 3\ndirectories: {tmp: /mnt/tmp/00, logs: ~/logs}\n")
    host = tmp_path / "h.yaml"
    host.write_text("extends: base.yaml\n")
    library = Library(home="/home/x")
    first, second, third = (library.load(str(path)) for path in (base, host, base))
    assert first.spec == second.spec == third.spec
    assert first.digest == third.digest
    assert "logs: ~/logs" in second.text
    assert second.spec.directories.logs.path == "/home/x/logs"


@pytest.mark.parametrize(
    ("extends", "message"),
    [
        ("nowhere.yaml", "cannot be read: no such file or directory [unreadable]"),
        (".", "cannot be read: is a directory [unreadable]"),
        ('"a\\0b"', "cannot be read: embedded null byte [unreadable]"),
        ("x" * 300, "cannot be read: file name too long [unreadable]"),
    ],
)
def test_what_cannot_be_read_is_told_where_it_is_named(tmp_path: Path, extends: str, message: str) -> None:
    path = tmp_path / "h.yaml"
    path.write_text(f"version: 3\nextends: {extends}\n")
    with pytest.raises(SpecError) as caught:
        load(str(path))
    assert str(caught.value).startswith(f"{path}:2:10: extends: {tmp_path}")
    assert str(caught.value).endswith(message)


def test_a_base_that_is_no_text_is_told_at_its_own_place(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_bytes(b"version: 3\nx: \xff\n")
    (tmp_path / "h.yaml").write_text("extends: base.yaml\n")
    with pytest.raises(SpecError, match=r"base\.yaml:2:4: is not UTF-8 text: byte 0xff \[not-text\]"):
        load(str(tmp_path / "h.yaml"))
