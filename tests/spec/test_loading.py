"""Loading as a whole: files that cannot be read, texts of any kind, and writing what was read."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import SpecError
from reconciler.spec.loading import dump, load, parse
from reconciler.spec.template import default_spec
from reconciler.spec.tree import read
from reconciler.spec.writing import document, write
from tests.spec.cases import cases
from tests.spec.specs import specs

VALID = [case["document"] for case in cases("spec").values() if "gives" in case and "document" in case]


def problems(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        parse(text, "spec")
    return [str(problem) for problem in caught.value.problems]


@given(specs(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_dumped_spec_loads_as_the_same_spec(spec: Any, defaults: bool) -> None:
    assert parse(dump(spec, defaults=defaults), "spec").spec == spec


@given(specs())
@settings(max_examples=50, deadline=None)
def test_a_spec_in_json_is_the_same_spec(spec: Any) -> None:
    value = document(spec, defaults=True)
    assert parse(json.dumps(value), "spec").spec == parse(json.dumps(value, indent="\t"), "spec").spec == spec


@given(st.text(max_size=200) | st.text("a:-[]{}&*!|>'\"%@`#,? \n\t0.", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_loads_or_is_refused_with_its_place(text: str) -> None:
    try:
        parse(text, "spec")
    except SpecError as error:
        assert all(problem.line >= 1 and problem.column >= 1 for problem in error.problems)


@given(st.sampled_from(VALID), st.data())
@settings(max_examples=200, deadline=None)
def test_a_damaged_spec_loads_or_is_refused(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 12))
    put = data.draw(st.text("ab:,[]{}-&*\"' \n0", max_size=4))
    try:
        parse(text[:at] + put + text[at + cut :], "spec", home="/h")
    except SpecError as error:
        assert error.problems
        for jargon in ("pydantic", "schema", "anyOf", "Input should", "validation", "None"):
            assert jargon not in str(error), error


texts = st.text(max_size=30) | st.sampled_from(
    ["yes", "2:1", "0x1f", "1e5", "~", "null", "1_0", ".inf", "007", "-", ""]
)
scalars = st.none() | st.booleans() | st.integers(-(10**20) + 1, 10**20 - 1) | texts | st.floats(-1e15, 1e15)
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
)


@given(trees)
@settings(max_examples=300, deadline=None)
def test_what_is_written_reads_back_as_the_same_values(value: Any) -> None:
    found = read(write(value), "written")
    assert not found.problems
    assert found.value == value


def test_the_digest_is_of_the_text_and_origins_tell_each_values_place() -> None:
    text = "version: 3\ndirectories:\n  tmp:\n  - {path: /a, floor: 1GB}\n  logs: /l\n"
    loaded = parse(text, "spec")
    assert loaded.digest == "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    assert loaded.origins["directories.tmp[0].floor"] == ("spec", 4, 23)
    assert loaded.origins["version"] == ("spec", 1, 10)
    assert "directories.logs.keep" not in loaded.origins
    assert loaded.files == ("spec",)


def test_home_is_only_what_the_caller_says() -> None:
    text = "version: 3\ndirectories: {logs: {path: ~/logs}}\n"
    assert parse(text, "spec", home="/home/x").spec.directories.logs.path == "/home/x/logs"
    assert "no home directory is known" in problems(text)[0]


def test_ssh_files_may_lie_in_the_home_directory_too() -> None:
    keys = ("identity", "known_hosts", "ssh_config")
    farmer = "".join(f"  {key}: ~/{key}\n" for key in keys) + "  transport: {password_file: ~/secret, "
    text = (
        "version: 3\ndirectories: {logs: /l}\narchive:\n- name: a\n  host: a.lan\n  disks: /farm/*\n"
        f"{farmer}kind: rsyncd, module: m, root: /farm}}\n"
    )
    (found,) = parse(text, "spec", home="/home/x").spec.archive
    assert [getattr(found, key) for key in keys] == [f"/home/x/{key}" for key in keys]
    assert getattr(found.transport, "password_file", "") == "/home/x/secret"
    assert len([line for line in problems(text) if "no home directory is known" in line]) == 4


def test_the_default_spec_loads_and_every_example_in_it_loads_too() -> None:
    text = default_spec("/var/log/plotman")
    assert parse(text, "default").spec.directories.logs.path == "/var/log/plotman"
    example = re.compile(r"^( *)# ( *(?:- \S+|(?:- )?[a-z_0-9]+:(?: \S+)?))$", re.MULTILINE)
    shown, count = example.subn(r"\1\2", text)
    spec = parse(shown, "examples").spec
    assert count >= 10
    assert spec.archive
    assert spec.archiving.transfers
    assert spec.clean
    assert spec.directories.tmp2
    assert spec.scheduling.start_windows
    assert spec.plotting
    assert spec.plotting.options
    assert spec.plotting.stop_after
    assert spec.plotting.keys.farmer


def test_ten_megabytes_are_refused_by_their_size(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_text("version: 3\n" + "x: y\n" * 2_000_000)
    with pytest.raises(
        SpecError, match=r"big.yaml: has more than 256,000 bytes; no document does \[too-big\]"
    ):
        load(str(path))
    assert "too-big" in problems("x: y\n" * 2_000_000)[0]


def test_faults_in_bulk_are_told_in_bounds() -> None:
    found = problems("version: 3\ndirectories: {logs: /l, tmp: [" + "&a x, *a, " * 25_000 + "]}")
    assert 0 < len(found) <= 201


HEAD = "version: 3\ndirectories:\n  logs: /l\n"
BULK = {
    "unknown keys": HEAD + "".join(f"k{number}: 1\n" for number in range(5_000)),
    "bad paths": HEAD + "  tmp: [" + "x," * 5_000 + "]\n",
    "disks": HEAD
    + "  tmp: ["
    + "".join(f"/t{number}," for number in range(3_000))
    + "]\narchive:\n"
    + "".join(f"- {{name: n{number}, disks: /f{number}}}\n" for number in range(1_000)),
}


@pytest.mark.parametrize("kind", BULK)
def test_a_large_spec_is_judged(kind: str) -> None:
    try:
        assert parse(BULK[kind], "spec").spec.archive
    except SpecError as error:
        assert len(error.problems) == 5_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version: 3\nx: \xff\n", "2:4: is not UTF-8 text: byte 0xff [not-text]"),
        ("version: 3\n".encode("utf-16"), "1:1: is not UTF-8 text: byte 0xff [not-text]"),
        (None, "cannot be read: no such file or directory [unreadable]"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "spec.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SpecError) as caught:
        load(str(path))
    assert str(caught.value).removeprefix(str(path)).lstrip(": ") == message


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"cannot be read: is a directory \[unreadable\]"):
        load(str(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text("version: 3\n")
    path.chmod(0)
    with pytest.raises(SpecError, match=r"cannot be read: permission denied \[unreadable\]"):
        load(str(path))
