"""A repository that means harm gets a clear error, and nothing else."""

from __future__ import annotations

import os
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from reconciler.errors import SpecError
from reconciler.sources import command, mirror
from tests.sources.following import applied, following, held, setting, tmps, until
from tests.sources.forge import PATH, Forge, spec

SECRET = "root:x:0:0"
"""What /etc/passwd holds and no message may."""


def plain(text: str | bytes) -> Callable[[Forge], str]:
    return lambda forge: forge.commit({PATH: text})


def entry(mode: str, data: str = "", path: str = PATH) -> Callable[[Forge], str]:
    """A tree entry of that mode; without data it is a commit's id."""
    return lambda forge: forge.commit({path: (mode, forge.blob(data) if data else "1" * 40)})


def extending(other: str, **files: tuple[str, str]) -> Callable[[Forge], str]:
    def push(forge: Forge) -> str:
        more = {path.replace("_", "."): (mode, forge.blob(data)) for path, (mode, data) in files.items()}
        return forge.commit({PATH: spec(more=f"extends: [{other}]\n"), **more})

    return push


def forged(name: bytes, times: int = 1) -> Callable[[Forge], str]:
    """A tree that no git would write, beside a good spec."""

    def push(forge: Forge) -> str:
        good = forge.commit({PATH: spec()})
        tree = forge.git("rev-parse", f"{good}:hosts")
        blob = bytes.fromhex(forge.blob("x"))
        entries = [b"100644 " + name + b"\0" + blob] * times + [b"40000 hosts\0" + bytes.fromhex(tree)]
        entries.sort(key=lambda one: one.partition(b" ")[2])
        made = forge.commit_tree(forge.object("tree", b"".join(entries)))
        forge.point("refs/heads/main", made)
        return made

    return push


def to_a_blob(forge: Forge) -> str:
    commit = forge.commit({PATH: spec()})
    forge.point("refs/tags/v1", forge.blob("no commit"))
    return commit


CASES: dict[str, tuple[Callable[[Forge], str], str]] = {
    "huge file": (plain("#" * 300_000), "has 300,000 bytes; no document has more than"),
    "not text": (plain(b"version: \xff"), f"{PATH}:1:10: is not UTF-8 text: byte 0xff"),
    "control characters": (plain("version: \x1b[31m"), "U+001B"),
    "empty": (plain(""), "is empty; a spec begins with version: 3"),
    "deep": (plain("[" * 500), "levels deep"),
    "link out of the tree": (entry("120000", "/etc/passwd"), "is a symbolic link; only plain files"),
    "link within": (entry("120000", "../base.yaml"), "is a symbolic link; only plain files"),
    "folder is a link": (entry("120000", "/etc", "hosts"), "is not there: hosts is a symbolic link"),
    "submodule": (entry("160000"), "is a submodule; only the repository's own files"),
    "folder is a submodule": (entry("160000", path="hosts"), "is not there: hosts is a submodule"),
    "folder for a file": (entry("100644", "x", f"{PATH}/x"), "is a folder; name a file"),
    "missing": (entry("100644", "x", "hosts/h08.yaml"), "is not in this revision"),
    "extends out of the tree": (extending("../../etc/passwd"), "lies outside the repository"),
    "extends an absolute path": (extending("/etc/passwd"), "lies outside the repository"),
    "extends a link": (extending("../base.yaml", base_yaml=("120000", "/etc/passwd")), "is a symbolic link"),
    "extends itself": (extending("h07.yaml"), "extends"),
    "extends what git could take for an exclusion": (extending('"../:!x"'), ":!x is not in this revision"),
    "extends what git could take for a pattern": (
        extending('"../:(glob)*"'),
        ":(glob)* is not in this revision",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_spec_that_is_no_honest_file_is_refused(case: str, forge: Forge, tmp_path: Path) -> None:
    push, words = CASES[case]
    good = forge.commit({PATH: spec("/mnt/good")}, branch="other")
    met = push(forge)
    with following(setting(forge.url, tmp_path / "state")) as source:
        with pytest.raises(SpecError) as told:
            source.current()
        assert words in str(told.value)
        assert SECRET not in str(told.value)
        assert source.revisions().applied is None
        until(source, held(met, "invalid"))
        assert good != met


FORGED: dict[str, Callable[[Forge], str]] = {
    "dot dot": forged(b".."),
    "dot git": forged(b".git"),
    "slash": forged(b"hosts/../../etc/passwd"),
    "twice": forged(b"base.yaml", times=2),
}


@pytest.mark.parametrize("case", FORGED)
def test_a_forged_tree_is_refused_as_a_whole(case: str, forge: Forge, tmp_path: Path) -> None:
    good = forge.commit({PATH: spec("/mnt/good")})
    with following(setting(forge.url, tmp_path / "state")) as source:
        assert tmps(source.current()) == ["/mnt/good"]
        FORGED[case](forge)
        seen = until(source, lambda seen: seen.obstacle is not None)
        assert seen.obstacle == "invalid" and seen.problem is not None
        assert "the repository holds what git refuses" in seen.problem
        assert seen.applied is not None and seen.applied.commit == good
        forge.point("refs/heads/main", good)
        until(source, applied(good))


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("tag:v1", "v1 leads to a blob, not to a commit"),
        ("tag:v2", "the repository holds no tag v2"),
        ("dev", "the repository holds no branch dev"),
        ("1" * 40, f"the repository holds no commit {'1' * 40}"),
    ],
)
def test_a_ref_that_leads_nowhere_is_told(ref: str, words: str, forge: Forge, tmp_path: Path) -> None:
    to_a_blob(forge)
    with (
        following(setting(forge.url, tmp_path / "state", ref=ref)) as source,
        pytest.raises(SpecError) as told,
    ):
        source.current()
    assert words in str(told.value)
    assert source.revisions().asked is not None


def test_hooks_configuration_and_odd_refs_of_the_repository_run_nothing(forge: Forge, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {marker}\ncat\n")
    script.chmod(0o755)
    commit = forge.commit({PATH: spec(), ".gitattributes": "* filter=evil\n", ".gitmodules": MODULES})
    second = forge.commit_tree(forge.tree({PATH: spec("/mnt/tmp/01")}), (commit,))
    for hook in ("post-checkout", "reference-transaction", "pre-auto-gc", "post-merge", "update"):
        (forge.folder / "hooks").mkdir(exist_ok=True)
        (forge.folder / "hooks" / hook).symlink_to(script)
    for key in (
        "uploadpack.packObjectsHook",
        "core.fsmonitor",
        "core.sshCommand",
        "core.alternateRefsCommand",
    ):
        forge.git("config", key, str(script))
    for name in (
        "--upload-pack=touch",
        "$(touch ran)",
        "`touch ran`",
        "a;touch",
        "'",
        '"',
        "\U0001f4a3",
        "main/x",
    ):
        packed = f"{commit} refs/heads/{name}\n"
        with (forge.folder / "packed-refs").open("a") as refs:
            refs.write(packed)
    state = tmp_path / "state"
    with following(setting(forge.url, state)) as source:
        assert tmps(source.current()) == ["/mnt/tmp/00"]
        until(source, applied(commit))
        made = state / "mirror.git"
        assert not (made / "hooks").exists() and not (made / "index").exists()
        (made / "hooks").symlink_to(forge.folder / "hooks")
        (forge.folder / "refs" / "heads" / "main").write_text(f"{second}\n")
        until(source, applied(second))
    assert not marker.exists()
    assert [path.name for path in (made / "refs").rglob("*") if path.is_file()] == ["met"]


MODULES = '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% ran\n'


def test_a_repository_larger_than_any_is_not_kept(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (command, mirror):
        monkeypatch.setattr(module, "LARGEST", 1 << 16)
    good = forge.commit({PATH: spec()})
    with following(setting(forge.url, tmp_path / "state")) as source:
        source.current()
        forge.commit({"noise": os.urandom(1 << 20)})
        seen = until(source, lambda seen: seen.obstacle is not None)
        assert (seen.obstacle, seen.problem) == ("invalid", "the repository is larger than 65,536 bytes")
        assert seen.applied is not None and seen.applied.commit == good
    packs = tmp_path / "state" / "mirror.git" / "objects" / "pack"
    assert sum(path.stat().st_size for path in packs.iterdir()) < 1 << 16


def test_an_object_that_is_not_what_it_is_called_is_refused(forge: Forge, tmp_path: Path) -> None:
    good = forge.commit({PATH: spec("/mnt/good")})
    with following(setting(forge.url, tmp_path / "state")) as source:
        source.current()
        evil = forge.commit({PATH: spec("/mnt/evil")})
        blob = forge.git("rev-parse", f"{evil}:{PATH}")
        loose = forge.folder / "objects" / blob[:2] / blob[2:]
        loose.chmod(0o644)
        text = spec("/mnt/wors").encode()
        loose.write_bytes(zlib.compress(b"blob %d\0" % len(text) + text))
        seen = until(source, lambda seen: seen.obstacle is not None)
        assert seen.applied is not None and seen.applied.commit == good
        assert tmps(source.current()) == ["/mnt/good"]


@contextmanager
def silence() -> Iterator[int]:
    """A server on the loopback that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    kept.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(60)
        for one in kept:
            one.close()


def none_below() -> bool:
    """Does no git, nor ssh of its, run below this process any more? What has ended but was not waited for does not."""
    deadline = time.monotonic() + 60
    while _below():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _below() -> list[psutil.Process]:
    below = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            ours = process.name().startswith(("git", "ssh"))
            below += [process] if ours and process.status() != psutil.STATUS_ZOMBIE else []
    return below


@pytest.mark.parametrize("scheme", ["ssh", "https"])
def test_a_server_that_hangs_costs_the_timeout_and_leaves_no_process(scheme: str, tmp_path: Path) -> None:
    with silence() as port:
        given = setting(f"{scheme}://127.0.0.1:{port}/farm.git", tmp_path / "state", timeout=1)
        with following(given) as source:
            with pytest.raises(SpecError, match="has not answered"):
                source.current()
            assert until(source, lambda seen: seen.obstacle == "unreachable").problem is not None
            with pytest.raises(SpecError, match="has not answered within 1 s"):
                source.current()
            assert none_below()


def test_closing_ends_git_that_is_under_way(tmp_path: Path) -> None:
    with silence() as port:
        with following(setting(f"https://127.0.0.1:{port}/farm.git", tmp_path / "state")) as source:
            threading.Timer(0.5, source.close).start()
            with pytest.raises(SpecError, match="has not answered yet"):
                source.current()
        assert none_below()
