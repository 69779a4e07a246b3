"""`config validate --live` tries each farmer, says what is wrong with its remedy, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands import sshd
from tests.commands.conftest import Answer, wait_for
from tests.commands.sshd import Sshd
from tests.ports import free_port

pytestmark = pytest.mark.skipif(not os.path.exists(sshd.PROGRAM), reason="needs an ssh server")

Validate = Callable[..., Answer]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd.running(tmp_path_factory.mktemp("sshd")) as found:
        yield found


@pytest.fixture
def validate(tmp_path: Path, plotman: Callable[..., Answer]) -> Validate:
    for name in ("tmp", "dst", "logs", "farm/00", "farm/01"):
        (tmp_path / name).mkdir(parents=True)

    def run(*farmers: str, options: tuple[str, ...] = ()) -> Answer:
        spec = tmp_path / "plotman.yaml"
        listed = "".join(f"- {farmer}\n" for farmer in farmers)
        spec.write_text(
            f"version: 3\ndirectories: {{tmp: {tmp_path}/tmp, dst: {tmp_path}/dst, logs: {tmp_path}/logs}}\n"
            f"archive:\n{listed}"
        )
        answer = plotman("config", "validate", "--live", *options, spec)
        assert not list(tmp_path.glob("**/.plotman-probe*"))
        return answer

    return run


def told(answer: Answer) -> dict[str, str]:
    """What is said of each thing tried, by its farmer and name."""
    rows = [line.split(maxsplit=2) for line in answer.out.splitlines() if " ok " in line or " WRONG " in line]
    return {f"{farmer} {what}": rest for farmer, what, rest in rows}


@pytest.mark.parametrize("transport", ["rsync", "sftp"])
def test_a_farmer_in_order_passes(validate: Validate, tmp_path: Path, server: Sshd, transport: str) -> None:
    answer = validate(server.entry("far", f"{tmp_path}/farm/*", transport=transport))
    assert answer.code == 0, answer.out
    said = told(answer)
    assert said[f"far {'ssh' if transport == 'rsync' else 'sftp'}"].startswith("ok")
    for disk in ("00", "01"):
        assert said[f"far {tmp_path}/farm/{disk}"].endswith("free, a file was written and removed")
    if transport == "rsync":
        assert {line.split()[1:3] == ["hash", "there"] for line in answer.out.splitlines()} == {True, False}
        assert "rsync  version" in answer.out


def test_an_unknown_host_key_is_refused_with_the_command_that_accepts_it(
    validate: Validate, tmp_path: Path, server: Sshd
) -> None:
    nobody = tmp_path / "nobody"
    answer = validate(server.entry("far", f"{tmp_path}/farm/*", known_hosts=str(nobody)))
    assert answer.code == 4
    assert f"ssh-keyscan -p {server.port} 127.0.0.1 >> {nobody}" in answer.out


def test_each_farmer_is_told_of_whatever_the_others_do(
    validate: Validate, tmp_path: Path, server: Sshd
) -> None:
    closed = free_port()
    answer = validate(
        server.entry("gone", "/farm/*", port=str(closed)),
        server.entry("far", f"[{tmp_path}/farm/00, {tmp_path}/farm/none]"),
        server.entry("bare", f"{tmp_path}/farm/*", mount="true"),
        server.entry("empty", f"{tmp_path}/nothing/*"),
        f"{{name: here, disks: {tmp_path}/farm/*}}",
    )
    assert answer.code == 4
    said = told(answer)
    assert f"ssh -p {closed}" in said["gone ssh"]
    assert said[f"far {tmp_path}/farm/00"].startswith("ok")
    assert "take it out of disks" in said[f"far {tmp_path}/farm/none"]
    assert "a plain folder needs mount: false" in said[f"bare {tmp_path}/farm/00"]
    (nothing,) = (told for what, told in said.items() if what.startswith("empty") and "WRONG" in told)
    assert f"{tmp_path}/nothing/*" in answer.out
    assert "mount" in nothing
    assert said[f"here {tmp_path}/farm/01"].startswith("ok")


def test_a_key_that_is_not_let_in_says_how_to_let_it_in(
    validate: Validate, tmp_path: Path, server: Sshd
) -> None:
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    answer = validate(server.entry("far", f"{tmp_path}/farm/*", identity=str(other)))
    assert answer.code == 4
    assert f"ssh-copy-id -i {other} -p {server.port} " in answer.out


def test_json_has_what_is_wrong_as_problems(validate: Validate, tmp_path: Path, server: Sshd) -> None:
    answer = validate(server.entry("far", f"{tmp_path}/farm/none"), options=("--json",))
    (problem,) = (each for each in json.loads(answer.out) if each["rule"] == "live")
    assert answer.code == 4
    assert (problem["path"], problem["line"], problem["warning"]) == ("archive[0]", 4, True)
    assert "take it out of disks" in problem["message"]


def test_a_program_without_a_check_of_its_own_is_told(validate: Validate, tmp_path: Path) -> None:
    entry = "{name: sink, disks: /bucket, transport: {kind: command, argv: [no-such-program, '{source}']}}"
    answer = validate(entry)
    assert answer.code == 4
    assert "no-such-program here" in answer.out
    assert "plots stay here and are held" in answer.out


@pytest.mark.skipif(shutil.which("rsync") is None, reason="needs rsync")
def test_a_daemon_is_asked_alone_and_beside_ssh(validate: Validate, tmp_path: Path, server: Sshd) -> None:
    port = free_port()
    config = tmp_path / "rsyncd.conf"
    config.write_text(f"use chroot = no\n[plots]\npath = {tmp_path}/farm\nread only = no\n")
    daemon = f"{{kind: rsyncd, module: plots, root: {tmp_path}/farm, port: {port}"
    disks = f"[{tmp_path}/farm/00]"
    alone = server.entry("alone", disks, transport=f"{daemon}, ssh: false, capacity: 1TB}}")
    beside = server.entry("beside", f"[{tmp_path}/farm/01]", transport=f"{daemon}}}")
    missing = validate(alone, beside)
    assert missing.code == 4
    assert missing.out.count("is rsync --daemon running there") == 2
    command = [
        "rsync",
        "--daemon",
        "--no-detach",
        f"--config={config}",
        f"--port={port}",
        "--address=127.0.0.1",
    ]
    with subprocess.Popen(command) as process:
        try:
            wait_for(lambda: _accepts(port))
            said = told(validate(alone, beside))
        finally:
            process.terminate()
    assert said["alone rsyncd"].startswith("ok")
    assert "1.0 TB free, not written to" in said[f"alone {tmp_path}/farm/00"]
    assert said[f"beside {tmp_path}/farm/01"].endswith("a file was written and removed")
    assert said["beside daemon"].startswith("ok")


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
