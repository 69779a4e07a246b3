"""The source document, and the addresses in it."""

from __future__ import annotations

import re
from dataclasses import is_dataclass
from typing import Any

import pytest

from reconciler.errors import SpecError
from reconciler.noun import values
from reconciler.sources.address import Address, address_of
from reconciler.sources.setting import Setting, is_setting, parse_setting, setting_of
from reconciler.spec.judge import judged
from tests.spec.cases import cases

CASES = cases("source")


@pytest.mark.parametrize("name", CASES)
def test_a_document_gives_what_its_case_says(name: str) -> None:
    case = CASES[name]
    try:
        given = parse_setting(case["document"], "source.yaml", home="/home/ann")
    except SpecError as error:
        assert [str(problem).removeprefix("source.yaml:") for problem in error.problems] == case["problems"]
        return
    assert "problems" not in case
    for key, value in case["gives"].items():
        found = getattr(given, key)
        assert (values(found) if is_dataclass(found) else found) == value, key


SECRET = "hunter2"

ADDRESSES: dict[str, Address] = {
    "git+ssh://git@git.lan/farm.git": Address("ssh://git@git.lan/farm.git", "ssh"),
    "ssh://git.lan:2222/~ann/farm.git": Address("ssh://git.lan:2222/~ann/farm.git", "ssh"),
    "ssh://[::1]:22/farm.git": Address("ssh://[::1]:22/farm.git", "ssh"),
    "git@git.lan:farm.git": Address("git@git.lan:farm.git", "ssh"),
    "git.lan:/srv/farm.git": Address("git.lan:/srv/farm.git", "ssh"),
    "https://git.lan/farm.git": Address("https://git.lan/farm.git", "https"),
    "git+https://git.lan:8443/a/farm": Address("https://git.lan:8443/a/farm", "https"),
    "https://${TOKEN}@git.lan/farm": Address("https://git.lan/farm", "https", "${TOKEN}", ""),
    "https://bot:${TOKEN}@git.lan/farm": Address("https://git.lan/farm", "https", "bot", "${TOKEN}"),
    "https://${USER}:${TOKEN}@git.lan/farm": Address("https://git.lan/farm", "https", "${USER}", "${TOKEN}"),
    "file:///srv/farm.git": Address("file:///srv/farm.git", "file"),
    "git+file:///srv/farm.git": Address("file:///srv/farm.git", "file"),
}


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_what_git_takes(text: str) -> None:
    assert address_of(text) == ADDRESSES[text]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ext::sh -c touch% x", "ext is no way"),
        ("git+ext::sh", "ext is no way"),
        ("git://git.lan/farm.git", "git is no way"),
        ("http://git.lan/farm.git", "http is no way"),
        ("fd::17", "fd is no way"),
        ("ftp://git.lan/x", "ftp is no way"),
        (f"https://ann:{SECRET}@git.lan/farm.git", "must not stand in the address"),
        (f"https://{SECRET}@git.lan/farm.git", "must not stand in the address"),
        (f"https://${{USER}}:{SECRET}@git.lan/farm.git", "must not stand in the address"),
        (f"ssh://git:{SECRET}@git.lan/farm.git", "ssh logs in with a key"),
        (f"https://git.lan/farm.git?token={SECRET}", "is no address"),
        (f"https://git.lan/farm.git#{SECRET}", "is no address"),
        ("https://git.lan/${TOKEN}/farm.git", "is no address"),
        ("https://${TOKEN}", "is no address"),
        ("ssh://-oProxyCommand=touch/x", "is no address"),
        ("-oProxyCommand=touch:x", "is no address"),
        ("git.lan:-x", "is no address"),
        ("git.lan:--upload-pack=x", "is no address"),
        ("--upload-pack=touch", "is no address"),
        ("file://host/srv/farm.git", "is no address"),
        ("/srv/farm.git", "file:///srv/farm.git"),
        ("farm.git", "is no address"),
        ("", "is no address"),
        ("https://git.lan/farm.git\nhelper=x", "is no address"),
        ("C:\\farm", "is no address"),
    ],
)
def test_what_git_should_not_be_given_is_refused_without_repeating_it(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)) as told:
        address_of(text)
    assert SECRET not in str(told.value)
    with pytest.raises(SpecError) as said:
        setting_of(git=text, path="h.yaml")
    assert SECRET not in str(said.value)
    with pytest.raises(SpecError) as said:
        parse_setting(f"git: {text!r}\npath: h.yaml\n", "source.yaml")
    assert SECRET not in str(said.value)


REFS = ["main", "release/v1.2", "tag:v1.0", "tag:stable-2026", "a" * 40, "feature#7", "ünïcode"]
NO_REFS: list[Any] = [
    "", "-x", "--upload-pack=x", "tag:", "tag:-x", "a..b", "a b", "a:b", "HEAD^", "main~1", "x*", "a\\b", "[x",
    "a//b", "/a", "a/", ".a", "a/.b", "a.lock", "a.lock/b", "a@{1}", "a\tb", "a.", "x" * 201, 5, None,
]  # fmt: skip


@pytest.mark.parametrize("ref", REFS)
def test_a_ref_is_a_branch_a_tag_or_a_commit(ref: str) -> None:
    assert setting_of(git="file:///x", path="h.yaml", ref=ref).ref == ref


@pytest.mark.parametrize("ref", NO_REFS)
def test_what_git_would_read_otherwise_is_no_ref(ref: Any) -> None:
    with pytest.raises(ValueError, match="is no ref; write a branch, tag:NAME, or a whole commit id"):
        judged(Setting, {"git": "file:///x", "path": "h.yaml", "ref": ref})


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../b", "a//b", "./a", "a/", "a\nb", 5])
def test_a_path_stays_in_the_repository(path: Any) -> None:
    with pytest.raises(ValueError, match="is no path in a repository"):
        judged(Setting, {"git": "file:///x", "path": path})


def test_options_make_the_same_setting_as_a_document() -> None:
    document = "version: 1\ngit: file:///srv/farm.git\nref: tag:v1\npath: hosts/h07.yaml\nstate: ~/source\n"
    options = {"git": "file:///srv/farm.git", "ref": "tag:v1", "path": "hosts/h07.yaml", "state": "~/source"}
    made = setting_of(home="/home/ann", **options, interval=None)
    assert made == parse_setting(document, "source.yaml", home="/home/ann")
    assert made.folder == "/home/ann/source"


def test_options_are_named_in_what_is_wrong_with_them() -> None:
    with pytest.raises(SpecError) as told:
        setting_of(git="git://x/y", ref="-x", path="../x", state="x")
    named = [problem.file for problem in told.value.problems]
    assert named == ["--source", "--ref", "--path", "--source-state"]


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("git: file:///x\npath: y\n", True),
        ('{"version": 1, "git": "x"}', True),
        ("version: 3\ndirectories: {}\n", False),
        ("- git", False),
        (": [", False),
    ],
)
def test_a_source_document_is_told_from_a_spec(text: str, source: bool) -> None:
    assert is_setting(text) is source
