"""The fleet, asked over real ssh: hosts that are well, odd, broken, silent and away."""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler import journal
from reconciler.machine import LocalMachine
from tests.ports import free_port
from tests.sshd import Server, serve

from .conftest import DEADLINE, Answer, wait_for

ROOT = Path(__file__).parents[2]
COMMAND = f"env PYTHONPATH={shlex.quote(str(ROOT))} {shlex.quote(sys.executable)} -m reconciler"
SPEC = """\
version: 3
directories: {{tmp: [{root}/tmp], dst: [{root}/dst], logs: {root}/logs}}
"""
ENTRY = """\
Host {name}.lan
  HostName 127.0.0.1
  Port {port}
  IdentityFile {root}/user_key
  UserKnownHostsFile {root}/known_hosts
"""


@dataclass(frozen=True)
class Fleet:
    """A config repository, the ssh configuration by which its hosts are reached, and plotman run on it."""

    root: Path
    plotman: Callable[..., Answer]

    @property
    def hosts(self) -> Path:
        return self.root / "hosts"

    @property
    def config(self) -> Path:
        return self.root / "ssh_config"

    def add(self, name: str, port: int, keys: Path, labels: str = "") -> None:
        """A host's file, and how it is reached. keys: the folder of the user's key and of known_hosts."""
        with self.config.open("a") as file:
            file.write(ENTRY.format(name=name, port=port, root=keys))
        host = f"host: {{name: {name}, address: {name}.lan, labels: {{{labels}}}}}\n"
        (self.hosts / f"{name}.yaml").write_text(SPEC.format(root=keys) + host)

    def status(self, *options: str) -> Answer:
        return self.plotman(
            *("fleet", "status", "--hosts", self.hosts, "--ssh-config", self.config, "--command", COMMAND),
            *options,
        )


@pytest.fixture
def fleet(tmp_path: Path, plotman: Callable[..., Answer]) -> Fleet:
    root = tmp_path / "repository"
    (root / "hosts").mkdir(parents=True)
    return Fleet(root, plotman)


def verdicts(answer: Answer) -> dict[str, str]:
    """Each host's verdict, in the order of the table."""
    rows = answer.out.partition("\n\n")[0].splitlines()[1:]
    return {row.split()[0]: row.split()[1] for row in rows}


@contextmanager
def host(root: Path, *, spec: str = SPEC, lines: tuple[str, ...] = ()) -> Iterator[Server]:
    """A machine that ssh reaches, whose plotman has a spec of its own."""
    for folder in ("tmp", "dst", "logs"):
        (root / folder).mkdir(parents=True)
    file = root / "plotman.yaml"
    file.write_text(spec.format(root=root))
    with serve(root, lines=[f"SetEnv PLOTMAN_SPEC={file}", *lines]) as server:
        yield server


@contextmanager
def looping(root: Path) -> Iterator[int]:
    """A real loop over that machine's spec; its pid."""
    command = [sys.executable, "-m", "reconciler", "apply", "-f", str(root / "plotman.yaml")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT) as process:
        lock = journal.lock_path(str(root / "logs"), "plotting")
        try:
            wait_for(lambda: LocalMachine().holder(lock) is not None)
            yield process.pid
        finally:
            process.terminate()
            process.wait(DEADLINE)


@contextmanager
def mute() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_three_hosts_say_how_they_do(fleet: Fleet, tmp_path: Path) -> None:
    with ExitStack() as stack:
        for name, labels in (("h01", "ring: canary"), ("h02", "ring: stable"), ("h03", "ring: stable")):
            root = tmp_path / name
            spec = "version: 3\nplottin: {{}}\n" if name == "h03" else SPEC
            fleet.add(name, stack.enter_context(host(root, spec=spec)).port, root, labels)
        stack.enter_context(looping(tmp_path / "h01"))
        answer = fleet.status()
        assert answer.code == 1
        assert verdicts(answer) == {"h03": "failed", "h02": "attention", "h01": "ok"}
        assert answer.out.endswith("\nok=1  attention=1  unreachable=0  failed=1\n")
        assert "did you mean plotting?" in answer.out
        assert "start `plotman apply`" in answer.out

        canary = fleet.status("--limit", "ring=canary", "--json")
        assert canary.code == 0
        (found,) = json.loads(canary.out)["hosts"]
        assert (found["name"], found["verdict"], found["labels"]) == ("h01", "ok", {"ring": "canary"})
        assert (found["report"]["jobs"], found["report"]["conditions"]) == (0, [])
        assert found["report"]["loop"] is not None
        assert verdicts(fleet.status("h01", "h02")).keys() == {"h01", "h02"}


def test_who_is_away_or_silent_costs_its_row_only(fleet: Fleet, tmp_path: Path) -> None:
    """One refuses, one takes connections and is silent, one lets us in and hangs, one is not who it was."""
    with ExitStack() as stack:
        well = stack.enter_context(host(tmp_path / "well"))
        hung = stack.enter_context(host(tmp_path / "hung", lines=("ForceCommand sleep 60",)))
        other = stack.enter_context(host(tmp_path / "other"))
        fleet.add("well", well.port, tmp_path / "well")
        fleet.add("hung", hung.port, tmp_path / "hung")
        fleet.add("away", free_port(), tmp_path / "well")
        fleet.add("mute", stack.enter_context(mute()), tmp_path / "well")
        (tmp_path / "other" / "known_hosts").write_text(
            (tmp_path / "well" / "known_hosts").read_text().replace(str(well.port), str(other.port))
        )
        fleet.add("other", other.port, tmp_path / "other")
        away = dict.fromkeys(("away", "hung", "mute", "other"), "unreachable")
        # A busy machine takes longer.
        for seconds in ("2", "10", "50"):
            answer = fleet.status("--timeout", seconds)
            told = (
                f"has not answered within {seconds} s",
                "does not answer",
                "Connection refused",
                "is not who it was",
            )
            if verdicts(answer) == {**away, "well": "attention"} and all(each in answer.out for each in told):
                break
        else:
            pytest.fail(answer.out)
    assert answer.code == 4


def test_a_command_that_is_not_there_has_failed_and_is_not_away(fleet: Fleet, tmp_path: Path) -> None:
    with host(tmp_path / "h01") as server:
        fleet.add("h01", server.port, tmp_path / "h01")
        answer = fleet.status("--command", "/nowhere/plotman")
        noise = fleet.status("--command", "echo")
    assert (answer.code, verdicts(answer)) == (1, {"h01": "failed"})
    assert "there is no /nowhere/plotman" in answer.out
    assert "has printed no report, but 'fleet report'" in noise.out


def test_a_file_that_is_no_spec_is_told_beside_the_others(fleet: Fleet, tmp_path: Path) -> None:
    with host(tmp_path / "h01") as server:
        fleet.add("h01", server.port, tmp_path / "h01")
        (fleet.hosts / "h02.yaml").write_text("version: 3\nplottin: {}\n")
        answer = fleet.status()
    assert (answer.code, verdicts(answer)) == (65, {"h01": "attention"})
    assert f"{fleet.hosts}/h02.yaml:2:1: plottin: is not a key here" in answer.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--limit", "ring==canary"), "write ring=canary, ring!=canary, ring or !ring"),
        (("--limit", ""), "an empty condition"),
        (("--timeout", "0"), "no time to wait"),
        (("h99",), "there is no host 'h99'"),
        (("--hosts", "/nowhere"), "name the hosts' folder with --hosts"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(fleet: Fleet, options: tuple[str, ...], told: str) -> None:
    fleet.add("h01", 1, fleet.root)
    answer = fleet.status(*options)
    assert (answer.code, answer.out) == (64, "")
    assert told in answer.err


def test_the_inventory_is_what_the_files_say(fleet: Fleet) -> None:
    fleet.add("h01", 1, fleet.root, "ring: canary, site: berlin")
    fleet.add("h02", 1, fleet.root, "ring: stable")
    listed = fleet.plotman("fleet", "list", "--hosts", fleet.hosts)
    assert listed.code == 0
    assert "h01.lan" in listed.out and "ring=canary, site=berlin" in listed.out
    ansible = json.loads(fleet.plotman("fleet", "list", "--hosts", fleet.hosts, "--ansible").out)
    assert ansible["ring_canary"] == {"hosts": ["h01"]}
    assert ansible["_meta"]["hostvars"]["h02"]["ansible_host"] == "h02.lan"
    targets = json.loads(
        fleet.plotman("fleet", "list", "--hosts", fleet.hosts, "--prometheus", "--limit", "!site").out
    )
    assert targets == [{"targets": ["h02.lan:9773"], "labels": {"host": "h02", "ring": "stable"}}]


def test_a_report_is_one_line_and_says_who_loops(tmp_path: Path, plotman: Callable[..., Answer]) -> None:
    for folder in ("tmp", "dst", "logs"):
        (tmp_path / folder).mkdir()
    spec = tmp_path / "plotman.yaml"
    spec.write_text(SPEC.format(root=tmp_path))
    answer = plotman("fleet", "report", "-f", spec)
    assert (answer.code, answer.err, answer.out.count("\n")) == (0, "", 1)
    assert json.loads(answer.out)["loop"] is None
    with looping(tmp_path) as pid:
        assert f"pid {pid}" in json.loads(plotman("fleet", "report", "-f", spec).out)["loop"]
