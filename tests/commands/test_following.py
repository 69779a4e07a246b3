"""A host that follows a repository, through the command line: rolled out, refused, reverted, cut off, and back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reconciler import journal, record
from reconciler.machine import LocalMachine
from tests.sources.following import HASTY
from tests.sources.forge import PATH, Forge

from .conftest import DEADLINE, Scratch, wait_for

ROOT = Path(__file__).parents[2]


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    return Forge(tmp_path / "farm.git")


@pytest.fixture
def host(scratch: Scratch, forge: Forge, monkeypatch: pytest.MonkeyPatch) -> Scratch:
    """The farm, told by a repository that is asked once an hour, or when somebody kicks."""
    source = scratch.root / "source.yaml"
    source.write_text(
        f"git: {forge.url}\nref: main\npath: {PATH}\nstate: {scratch.root}/source\ninterval: 1h\ntimeout: 10s\n"
    )
    monkeypatch.setenv("PLOTMAN_SPEC", str(source))
    return scratch


def text(host: Scratch, max_jobs: int = 0) -> str:
    """The farm's spec; it starts nothing unless it is told to."""
    return host.spec.read_text().replace("max_jobs: 1", f"max_jobs: {max_jobs}")


def source_of(host: Scratch) -> dict[str, Any]:
    source: dict[str, Any] = json.loads(host.run("status", "--json").out)["source"]
    return source


def kick_until(host: Scratch, commit: str, state: str = "applied") -> None:
    """Have it look until it has met that commit."""

    def met() -> bool:
        found = source_of(host)[state]
        return found is not None and found["commit"] == commit

    assert "a running loop looks now" in host.run("kick").out
    wait_for(met)


@contextmanager
def looping(host: Scratch, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A real loop in a process of its own."""
    command = [sys.executable, "-c", HASTY, "apply", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
    ) as process:
        lock = journal.lock_path(str(host.root / "logs"), "plotting")
        machine = LocalMachine()
        try:
            wait_for(lambda: machine.holder(lock) is not None)
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=DEADLINE)


def test_the_whole_story_of_a_host_that_follows_a_repository(host: Scratch, forge: Forge) -> None:
    first = forge.commit({PATH: text(host)})
    with looping(host):
        wait_for(lambda: source_of(host)["applied"]["commit"] == first)

        second = forge.commit({PATH: text(host, max_jobs=1)})
        kick_until(host, second)
        wait_for(lambda: len(host.ids()) == 1)
        assert host.run("plan").out.startswith(f"spec main@{second[:7]} ")

        bad = forge.commit({PATH: "version: 3\ndirectories: {tpm: /x, logs: /l}\n"})
        kick_until(host, bad, "attempted")
        told = source_of(host)
        assert (told["applied"]["commit"], told["obstacle"]) == (second, "invalid")
        assert f"{PATH}:2:15" in told["problem"] and "did you mean tmp" in told["problem"]
        assert len(host.ids()) == 1

        reverted = forge.commit({PATH: text(host, max_jobs=1)})
        kick_until(host, reverted)
        assert source_of(host)["obstacle"] is None

        forge.point("refs/heads/main", first)
        host.run("kick")
        wait_for(lambda: source_of(host)["obstacle"] == "rewound")
        assert source_of(host)["applied"]["commit"] == reverted
        forge.point("refs/heads/main", reverted)
        kick_until(host, reverted)

    forge.folder.rename(host.root / "gone.git")
    with looping(host):
        wait_for(lambda: source_of(host)["obstacle"] == "unreachable")
        assert source_of(host)["applied"]["commit"] == reverted
        assert "SourceUnreachable" in host.run("plan").out
        (host.root / "gone.git").rename(forge.folder)
        last = forge.commit({PATH: text(host)})
        kick_until(host, last)
        # A tick later the record knows it, too.
        path = record.path_of(str(host.root / "logs"))
        wait_for(lambda: last in [entry.text[-40:] for entry in record.read(path).entries])
    entries = [entry for entry in record.read(path).entries if entry.what == "revision"]
    assert [entry.text.removeprefix("main@") for entry in entries] == [first, second, reverted, last]


def test_an_outage_is_not_told_as_a_newer_spec(host: Scratch, forge: Forge) -> None:
    forge.commit({PATH: text(host)})
    path = record.path_of(str(host.root / "logs"))

    def troubles() -> list[str]:
        return [entry.text for entry in record.read(path).entries if entry.what == "trouble"]

    with looping(host):
        bad = forge.commit({PATH: "version: 3\n"})
        kick_until(host, bad, "attempted")
        wait_for(lambda: len(troubles()) == 1)
        forge.folder.rename(host.root / "gone.git")
        host.run("kick")
        wait_for(lambda: len(troubles()) == 2)
    said = [text.partition(", the last good one goes on")[0] for text in troubles()]
    assert said == ["a newer spec is not in force", "the spec's repository cannot be asked"]


def test_commands_read_what_the_loop_keeps_and_ask_no_repository(host: Scratch, forge: Forge) -> None:
    refused = host.run("plan")
    assert refused.code == 65 and "`plotman apply` has not fetched any" in refused.err
    forge.commit({PATH: text(host)})
    assert host.run("apply", "--once").code == 0
    forge.folder.rename(host.root / "gone.git")
    for command in ("plan", "status", "dirs", "explain", "history", "observe"):
        answer = host.run(command)
        assert answer.code == 0, answer.err


def test_options_say_the_same_as_a_source_document(host: Scratch, forge: Forge) -> None:
    commit = forge.commit({PATH: text(host)}, branch="canary")
    answer = host.run(
        "apply", "--once", "--source", forge.url, "--ref", "canary", "--path", PATH, "-f", str(host.spec)
    )
    assert answer.code == 64, "a spec and a repository exclude each other"
    answer = host.run(
        *("apply", "--once", "--source", forge.url, "--ref", "canary", "--path", PATH),
        *("--source-state", str(host.root / "other")),
    )
    assert answer.code == 0, answer.err
    assert f"spec canary@{commit[:7]}" in answer.out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--source", "ext::sh -c id", "--path", PATH), "is no way to a repository here"),
        (("--source", "file:///srv/farm.git"), "--path"),
        (("--ref", "main"), "--source"),
        (("--source", "file:///srv/farm.git", "--path", "../x"), "is no path in a repository"),
        (("--source", "file:///srv/farm.git", "--path", PATH, "--verify", "head"), "--allowed-signers"),
    ],
)
def test_wrong_options_are_told(host: Scratch, options: tuple[str, ...], told: str) -> None:
    answer = host.run("apply", "--once", *options)
    assert answer.code == 64
    assert told in answer.err


def test_a_wrong_source_document_is_told_at_its_place(host: Scratch) -> None:
    source = host.root / "source.yaml"
    source.write_text(source.read_text().replace("ref: main", "reff: main"))
    answer = host.run("plan")
    assert answer.code == 65
    assert f"{source}:2:1: reff: is not a key here; did you mean ref?" in answer.err
