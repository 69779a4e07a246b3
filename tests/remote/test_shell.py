"""The shell of a real OpenSSH server: what is run, who is believed, and that nothing waits for ever."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.errors import FarmerError
from reconciler.inquiry import Login
from reconciler.remote.shell import Shell, Silent
from tests.ports import free_port
from tests.remote.conftest import QUICK
from tests.sshd import Server, serve

SOON = 1.0
"""Seconds that a silent server is given."""

DEADLINE = 60.0
"""Seconds that what comes is waited for."""


def refusal(login: Login, connect: float = DEADLINE) -> FarmerError:
    with Shell(login, connect=connect) as shell, pytest.raises(FarmerError) as caught:
        shell.run("true", deadline=DEADLINE)
    return caught.value


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    with serve(tmp_path_factory.mktemp("sshd"), lines=QUICK) as running, Shell(running.login) as shell:
        yield shell


# --- what is run ---------------------------------------------------------------------------------


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    arguments=st.lists(
        st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])), max_size=4
    )
)
def test_arguments_arrive_as_they_are(lasting: Shell, arguments: list[str]) -> None:
    ran = lasting.run('for one do printf "%s\\0" "$one"; done', *arguments, deadline=DEADLINE)
    assert ran.out.split("\0")[:-1] == arguments


def test_code_output_and_complaints_come_apart(lasting: Shell) -> None:
    assert lasting.run("echo out; echo err >&2; exit 3", deadline=DEADLINE) == (3, "out\n", "err\n")


def test_a_script_has_no_input(lasting: Shell) -> None:
    assert lasting.run("cat; echo over", deadline=DEADLINE).out == "over\n"


def test_long_scripts_and_long_output_go_through(lasting: Shell) -> None:
    ran = lasting.run(f": {'x' * 3_000_000}\nseq 1 300000", deadline=DEADLINE)
    assert len(ran.out) == sum(len(str(number)) + 1 for number in range(1, 300_001))


def test_a_script_shows_in_no_process_table(lasting: Shell) -> None:
    seen = lasting.run("tr '\\0' ' ' </proc/$$/cmdline", "a-secret", deadline=DEADLINE)
    assert seen.out.strip() == "sh -s"


def test_a_script_is_given_up_at_its_deadline_with_what_it_said(server: Server) -> None:
    with Shell(server.login) as shell:
        with pytest.raises(Silent) as caught:
            shell.run("echo first; sleep 60", deadline=5 * SOON)
        assert caught.value.out == "first\n"
        assert not shell.alive


def test_what_the_waiting_raises_ends_the_waiting(server: Server) -> None:
    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    with Shell(server.login) as shell, pytest.raises(Stopped):
        shell.run("sleep 60", deadline=DEADLINE, waiting=stop)


def test_a_connection_serves_script_after_script(server: Server) -> None:
    with Shell(server.login) as shell:
        for _ in range(20):
            shell.run("true", deadline=DEADLINE)
    assert server.log().count("Accepted publickey") <= 1


def test_sftp_goes_over_the_same_connection(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("x")
    with Shell(server.login) as shell:
        assert "a file" in shell.sftp().listdir(str(tmp_path))


# --- who is believed -----------------------------------------------------------------------------


def test_an_unknown_host_is_refused_with_the_command_that_accepts_it(server: Server, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    unknown = replace(server.login, known_hosts=str(known))
    error = refusal(unknown)
    assert error.kind == "host-key"
    assert not known.exists()
    shown = subprocess.run(
        ["ssh-keygen", "-lf", str(server.root / "host_key.pub")], capture_output=True, text=True, check=True
    )
    assert shown.stdout.split()[1] in str(error)
    command = str(error).rpartition("accept it: ")[2]
    subprocess.run(["sh", "-c", command], check=True, timeout=DEADLINE, stderr=subprocess.DEVNULL)
    with Shell(unknown) as shell:
        assert shell.run("echo in", deadline=DEADLINE).out == "in\n"


def test_a_changed_host_key_is_refused_with_both_fingerprints(server: Server, tmp_path: Path) -> None:
    other = (server.root / "user_key.pub").read_text().split()
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{server.port} {other[0]} {other[1]}\n")
    error = refusal(replace(server.login, known_hosts=str(known)))
    assert error.kind == "host-key"
    assert str(error).count("SHA256:") == 2
    assert f"{known}:1" in str(error)


def test_hashed_names_are_known(server: Server) -> None:
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(server.known_hosts)], check=True, capture_output=True)
    assert "127.0.0.1" not in server.known_hosts.read_text()
    with Shell(server.login) as shell:
        assert shell.run("echo in", deadline=DEADLINE).out == "in\n"


def test_the_known_one_of_a_host_s_keys_is_asked_for(tmp_path: Path) -> None:
    rsa = tmp_path / "rsa"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(rsa)], check=True)
    with serve(tmp_path / "sshd", lines=[*QUICK, f"HostKey {rsa}"]) as running:
        kind, blob = (tmp_path / "rsa.pub").read_text().split()[:2]
        running.known_hosts.write_text(f"[127.0.0.1]:{running.port} {kind} {blob}\n")
        with Shell(running.login) as shell:
            assert shell.run("echo in", deadline=DEADLINE).out == "in\n"


def test_a_key_that_the_farmer_does_not_know_is_refused(server: Server, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    assert refusal(replace(server.login, identity=str(other))).kind == "login"


def test_a_key_with_a_passphrase_is_told(server: Server, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", str(locked)], check=True)
    error = refusal(replace(server.login, identity=str(locked)))
    assert error.kind == "login"
    assert "passphrase" in str(error)


def test_a_key_that_is_not_there_is_told(server: Server, tmp_path: Path) -> None:
    error = refusal(replace(server.login, identity=str(tmp_path / "none")))
    assert (error.kind, str(error)) == ("login", f"there is no private key {tmp_path / 'none'}")


# --- the way there -------------------------------------------------------------------------------


def test_the_ssh_configuration_is_followed(server: Server, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"Host farmer\n  HostName 127.0.0.1\n  Port {server.port}\n  IdentityFile {server.identity}\n"
        f"  UserKnownHostsFile {server.known_hosts}\n  ProxyJump none\n"
        "Host *\n  ProxyJump nobody.invalid\n"
    )
    with Shell(Login(host="farmer", config=str(config))) as shell:
        assert shell.run("echo in", deadline=DEADLINE).out == "in\n"


def test_a_key_of_the_agent_is_used(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    address = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(address)], stdout=subprocess.DEVNULL) as agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(address))
        deadline = time.monotonic() + DEADLINE
        while subprocess.run(
            ["ssh-add", "-q", str(server.identity)], check=False, capture_output=True
        ).returncode:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with Shell(replace(server.login, identity=None)) as shell:
            assert shell.run("echo in", deadline=DEADLINE).out == "in\n"
        agent.terminate()


@pytest.mark.parametrize("by", ["spec", "config"])
def test_a_jump_host_is_gone_through(server: Server, tmp_path: Path, by: str) -> None:
    with serve(tmp_path / "jump") as jump:
        (jump.root / "authorized_keys").write_text((server.root / "user_key.pub").read_text())
        known = tmp_path / "both"
        known.write_text(server.known_hosts.read_text() + jump.known_hosts.read_text())
        config = tmp_path / "config"
        config.write_text(
            f"Host hop\n HostName 127.0.0.1\n Port {jump.port}\nHost 127.0.0.1\n ProxyJump hop\n"
        )
        hop = f"{jump.login.user}@127.0.0.1:{jump.port}" if by == "spec" else None
        login = replace(
            server.login, jump="hop" if by == "config" else hop, known_hosts=str(known), config=str(config)
        )
        if by == "spec":
            config.write_text("")
        with Shell(login) as shell:
            port = shell.run('echo "$SSH_CONNECTION"', deadline=DEADLINE).out.split()[1]
        assert f"from 127.0.0.1 port {port}" in server.log()
        assert "Accepted publickey" in jump.log()


def test_a_jump_host_that_is_not_known_is_refused(server: Server, tmp_path: Path) -> None:
    with serve(tmp_path / "jump") as jump:
        (jump.root / "authorized_keys").write_text((server.root / "user_key.pub").read_text())
        error = refusal(replace(server.login, jump=f"127.0.0.1:{jump.port}"))
    assert error.kind == "host-key"
    assert str(jump.port) in str(error)


RELAY = """
import os, select, socket, sys
peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
while True:
    for ready in select.select([0, peer], [], [])[0]:
        data = os.read(ready if ready == 0 else peer.fileno(), 65536)
        if not data:
            sys.exit()
        peer.sendall(data) if ready == 0 else os.write(1, data)
"""


def test_a_proxy_command_is_gone_through_and_ended(server: Server, tmp_path: Path) -> None:
    relay = tmp_path / "relay.py"
    relay.write_text(f"open({str(tmp_path / 'pid')!r}, 'w').write(str(__import__('os').getpid()))\n{RELAY}")
    config = tmp_path / "config"
    config.write_text(f"Host 127.0.0.1\n  ProxyCommand {sys.executable} {relay} %h %p\n")
    with Shell(replace(server.login, config=str(config))) as shell:
        assert shell.run("echo in", deadline=DEADLINE).out == "in\n"
    deadline = time.monotonic() + DEADLINE
    while Path(f"/proc/{(tmp_path / 'pid').read_text()}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# --- nothing waits for ever ----------------------------------------------------------------------


@contextmanager
def listener(banner: bytes = b"") -> Iterator[Login]:
    """A server that takes every connection, and says that much and no more."""
    taken: list[socket.socket] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def run() -> None:
            with suppress(OSError):
                while True:
                    taken.append(server.accept()[0])
                    taken[-1].sendall(banner)

        threading.Thread(target=run, daemon=True).start()
        yield Login(host="127.0.0.1", port=server.getsockname()[1], config="/dev/null")
        for one in taken:
            one.close()
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("banner", [b"", b"SSH-2.0-slow\r\n"], ids=["nothing", "banner only"])
def test_a_server_that_stops_talking_is_given_up(banner: bytes) -> None:
    with listener(banner) as login:
        assert refusal(login, SOON).kind == "silent"


def test_a_port_where_nobody_listens_is_away() -> None:
    assert refusal(Login(host="127.0.0.1", port=free_port(), config="/dev/null")).kind == "away"


def test_a_connection_that_fails_after_it_was_given_up_leaves_nothing_behind(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve, given_up = socket.getaddrinfo, threading.Event()

    def late(*about: object, **more: object) -> object:
        given_up.wait(60)
        return resolve(*about, **more)  # type: ignore[arg-type]

    def reaching() -> set[threading.Thread]:
        return {each for each in threading.enumerate() if each not in before}

    before = set(threading.enumerate())
    monkeypatch.setattr(socket, "getaddrinfo", late)
    login = replace(server.login, known_hosts=str(tmp_path / "none"))
    with pytest.raises(Silent):
        Shell(login, connect=0.1).run("echo", deadline=5)
    assert reaching()
    given_up.set()
    deadline = time.monotonic() + 60
    while reaching():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_name_that_nobody_has_is_away() -> None:
    assert refusal(Login(host="nobody.invalid", config="/dev/null")).kind == "away"


class Mute(paramiko.ServerInterface):  # type: ignore[misc]  # paramiko has no types
    """Lets everybody in, and withholds what it is told to."""

    def __init__(self, withhold: str, over: threading.Event) -> None:
        self._withhold = withhold
        self._over = over

    def check_auth_publickey(self, username: str, key: object) -> int:
        if self._withhold == "login":
            self._over.wait()
        return int(paramiko.AUTH_SUCCESSFUL)

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        if self._withhold == "channel":
            self._over.wait()
        return int(paramiko.OPEN_SUCCEEDED)

    def check_channel_exec_request(self, channel: object, command: bytes) -> bool:
        if self._withhold == "exec":
            self._over.wait()
        return True

    def check_channel_subsystem_request(self, channel: object, name: str) -> bool:
        return True


@contextmanager
def mute(server: Server, withhold: str) -> Iterator[Login]:
    over = threading.Event()
    key = paramiko.Ed25519Key(filename=str(server.root / "host_key"))
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        port = listening.getsockname()[1]
        server.known_hosts.write_text(f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n")

        def run() -> None:
            transport = paramiko.Transport(listening.accept()[0])
            transport.add_server_key(key)
            with suppress(paramiko.SSHException, EOFError):
                transport.start_server(server=Mute(withhold, over))

        threading.Thread(target=run, daemon=True).start()
        yield replace(server.login, port=port)
        over.set()


@pytest.mark.parametrize("withhold", ["login", "channel", "exec", "output"])
def test_a_server_that_withholds_one_answer_is_given_up(server: Server, withhold: str) -> None:
    with mute(server, withhold) as login, Shell(login, connect=SOON) as shell:
        with pytest.raises(FarmerError) as caught:
            shell.run("true", deadline=SOON)
        assert caught.value.kind == "silent"


@pytest.mark.parametrize("withhold", ["channel", "output"])
def test_an_sftp_server_that_withholds_one_answer_is_given_up(server: Server, withhold: str) -> None:
    with mute(server, withhold) as login, Shell(login, connect=SOON) as shell:
        with pytest.raises(FarmerError) as caught:
            shell.sftp()
        assert caught.value.kind == "silent"


def test_a_program_that_waits_for_a_silent_server_can_end() -> None:
    script = (
        "import sys, threading\n"
        "from reconciler.remote.shell import Shell\n"
        "from reconciler.inquiry import Login\n"
        "shell = Shell(Login(host='127.0.0.1', port=int(sys.argv[1]), config='/dev/null'), connect=600)\n"
        "threading.Thread(target=lambda: shell.run('true', deadline=600), daemon=True).start()\n"
        "threading.Event().wait(0.5)\n"
    )
    with listener() as login:
        subprocess.run([sys.executable, "-c", script, str(login.port)], check=True, timeout=DEADLINE)
