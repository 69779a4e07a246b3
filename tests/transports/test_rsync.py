"""rsync that is killed, cut off, held up or left alone, over ssh and with a daemon."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from reconciler.errand import Way
from reconciler.inquiry import Login
from reconciler.remote import tool
from reconciler.remote.ssh import ssh_argv
from reconciler.transports import rsync_run
from reconciler.transports.failure import Failure
from reconciler.transports.rsync_run import kind_of, literal
from reconciler.transports.ssh import place, rsync_shell
from tests.sshd import serve
from tests.transports.conftest import make
from tests.transports.farm import MEGABYTE, Farm, until
from tests.transports.test_faults import once
from tests.transports.ways import QUICK, Servers


@pytest.fixture(params=["rsync", "rsyncd", "rsyncd-alone"])
def slow(request: pytest.FixtureRequest, tmp_path: Path, far: Servers) -> Farm:
    """A farm whose plots take some seconds, so that something can happen meanwhile."""
    farm = make(tmp_path, request.param, far)
    return replace(farm, way=replace(farm.way, verify="size", bandwidth=5 * MEGABYTE))


@pytest.fixture(params=["rsync", "rsyncd"])
def resuming(request: pytest.FixtureRequest, tmp_path: Path, far: Servers) -> Farm:
    farm = make(tmp_path, request.param, far)
    return replace(farm, way=replace(farm.way, verify="size"))


def rsync_of(pid: int) -> psutil.Process:
    """The one that copies for this process."""
    children = psutil.Process(pid).children()
    return next(child for child in children if child.name() == "rsync" and "--daemon" not in child.cmdline())


def finishes_without_limit(farm: Farm, data: bytes) -> None:
    farm.settled()
    told = replace(farm, way=replace(farm.way, bandwidth=None)).move()
    assert told.outcome == "finished", told.error
    assert farm.arrived(data)


def test_a_killed_rsync_is_gone_on_from(slow: Farm) -> None:
    data = slow.put()
    told = slow.move(once("copied-some", lambda: rsync_of(os.getpid()).kill()))
    assert (told.outcome, told.kind) == ("failed", "broken")
    assert "-9" in (told.error or "")
    assert not slow.at_target.exists()
    assert slow.part(len(data)).exists() is slow.setup.parts
    finishes_without_limit(slow, data)


def test_a_link_that_drops_is_gone_on_from(slow: Farm, far: Servers) -> None:
    data = slow.put()

    def drop() -> None:
        if slow.setup.ssh and slow.way.daemon is None:
            sessions = psutil.Process(far.ssh.process.pid).children()
        else:
            me = psutil.Process()
            daemons = [one for one in me.children() if "--daemon" in one.cmdline()]
            sessions = [session for one in daemons for session in one.children()]
        for session in sessions:
            session.kill()

    told = slow.move(once("copied-some", drop))
    assert (told.outcome, told.kind) == ("failed", "away"), told.error
    assert slow.at_source.read_bytes() == data
    # What had come to the other end by then may have been the whole of it.
    assert not slow.at_target.exists() or slow.at_target.read_bytes() == data
    finishes_without_limit(slow, data)


def test_an_rsync_that_outlives_its_mover_keeps_others_away(slow: Farm) -> None:
    data = slow.put()
    mover = slow.start("copied-some", "1", "SIGSTOP")
    mover.stopped()
    assert mover.process.pid is not None
    orphan = rsync_of(mover.process.pid)
    mover.signal(signal.SIGKILL)
    mover.code()
    # Not before: the kernel hangs up on what stands still when its last tie to a session goes.
    orphan.suspend()
    assert slow.move().kind == "busy"
    orphan.resume()
    finishes_without_limit(slow, data)


def test_a_copy_that_tells_of_its_progress_for_hours_is_known_to_be_ours(
    slow: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each second of it is a line, and of what a program prints only the end is kept."""
    data = slow.put()

    def at(step: str) -> None:
        if step == "copied-some":
            monkeypatch.setattr(tool, "LIMIT", 100)
        elif step == "copied":
            monkeypatch.undo()
            with slow.landing(len(data)).open("r+b") as file:
                file.write(b"damaged")

    slow_one = replace(slow, way=replace(slow.way, verify="sha256"))
    assert slow_one.move(at).kind == "corrupt"
    assert slow.untouched(data)


def test_nothing_that_moves_for_long_is_stuck(slow: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "GRACE", 0.1)
    data = slow.put()
    held: list[psutil.Process] = []

    def hold() -> None:
        held.append(rsync_of(os.getpid()))
        held[0].suspend()
        monkeypatch.setattr(rsync_run, "STANDSTILL", 0.5)

    told = slow.move(once("copied-some", hold))
    assert (told.outcome, told.kind) == ("failed", "stuck")
    until(lambda: not held[0].is_running())
    monkeypatch.undo()
    finishes_without_limit(slow, data)


def test_what_stands_in_a_part_file_is_not_sent_again_and_damage_in_it_is_found(resuming: Farm) -> None:
    data = resuming.put()
    resuming.part(len(data)).write_bytes(data[: 6 * MEGABYTE])
    inode = resuming.part(len(data)).stat().st_ino
    assert resuming.move().outcome == "finished"
    assert resuming.arrived(data)
    assert resuming.at_target.stat().st_ino == inode
    resuming.at_target.unlink()
    resuming.put()
    # Were all of it sent, the damage would be mended, not found.
    resuming.part(len(data)).write_bytes(b"damaged" + data[7 : 6 * MEGABYTE])
    assert resuming.move().kind == "corrupt"
    assert resuming.untouched(data)
    assert resuming.move().outcome == "finished"
    assert resuming.arrived(data)


@pytest.mark.parametrize("name", ["local", "rsync", "rsyncd", "rsyncd-alone", "sftp"])
def test_a_copy_is_held_to_its_bandwidth(tmp_path: Path, far: Servers, name: str) -> None:
    farm = make(tmp_path, name, far)
    limited = replace(farm, way=replace(farm.way, bandwidth=6 * MEGABYTE))
    data = limited.put()
    at: dict[str, float] = {}
    assert limited.move(lambda step: at.update({step: time.monotonic()})).outcome == "finished"
    assert at["copied"] - at["reserved"] > 0.8
    assert limited.arrived(data)


WRONG: dict[str, tuple[Callable[[Way], Way], str]] = {
    "no rsync here": (lambda way: replace(way, executable="/nowhere/rsync"), "tool"),
    "no such user": (
        lambda way: replace(way, login=way.login and replace(way.login, user="nobody0")),
        "login",
    ),
    "an unknown host key": (
        lambda way: replace(way, login=way.login and replace(way.login, known_hosts="/dev/null")),
        "host-key",
    ),
    "nobody listens": (lambda way: replace(way, login=way.login and replace(way.login, port=1)), "away"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_farmer_that_cannot_be_reached_is_told_from_a_bad_disk(
    tmp_path: Path, far: Servers, wrong: str
) -> None:
    farm = make(tmp_path, "rsync", far)
    data = farm.put(1000)
    change, kind = WRONG[wrong]
    told = replace(farm, way=change(farm.way)).move()
    assert (told.outcome, told.kind) == ("failed", kind), told.error
    assert farm.at_source.read_bytes() == data


DAEMON: dict[str, tuple[Callable[[Way], Way], str]] = {
    "a wrong module": (
        lambda way: replace(way, daemon=way.daemon and replace(way.daemon, module="no")),
        "missing",
    ),
    "outside of the module": (
        lambda way: replace(way, daemon=way.daemon and replace(way.daemon, root="/else")),
        "missing",
    ),
    "a wrong password": (
        lambda way: replace(way, daemon=way.daemon and replace(way.daemon, user="else")),
        "login",
    ),
    "nobody listens": (lambda way: replace(way, daemon=way.daemon and replace(way.daemon, port=1)), "away"),
}


@pytest.mark.parametrize("name", ["rsyncd", "rsyncd-alone"])
@pytest.mark.parametrize("wrong", DAEMON)
def test_a_daemon_that_refuses_is_told_from_a_bad_disk(
    tmp_path: Path, far: Servers, wrong: str, name: str
) -> None:
    farm = make(tmp_path, name, far)
    data = farm.put(1000)
    change, kind = DAEMON[wrong]
    told = replace(farm, way=change(farm.way)).move()
    assert (told.outcome, told.kind) == ("failed", kind), told.error
    assert farm.at_source.read_bytes() == data


@pytest.mark.parametrize("name", ["local", "rsync", "rsyncd", "rsyncd-alone", "sftp"])
def test_the_last_part_of_the_target_folder_is_made(tmp_path: Path, far: Servers, name: str) -> None:
    farm = make(tmp_path, name, far)
    inner = replace(farm, disk=farm.disk / "new" / "plots", way=replace(farm.way, folder="new/plots"))
    data = inner.put(1000)
    assert inner.move().outcome == "finished"
    assert inner.arrived(data)
    inner.put(1000)
    elsewhere = replace(inner, disk=farm.disk.parent / "nowhere" / "new" / "plots")
    assert elsewhere.move().kind == "missing"
    assert not (farm.disk.parent / "nowhere").exists()


SENDER = 'rsync: [sender] send_files failed to open "/dst/x": Permission denied (13)'
ENDED = "rsync error: some files/attrs were not transferred (see previous errors) (code 23) at main.c(1338)"


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        (5, "@ERROR: max connections (4) reached -- try again later", "away"),
        (5, "@ERROR: auth failed on module farm", "login"),
        (10, "rsync: [sender] failed to connect to host: Connection refused (111)", "away"),
        (11, 'rsync: [receiver] write failed on "/farm/x": No space left on device (28)', "full"),
        (11, 'rsync: [receiver] write failed on "/farm/x": Input/output error (5)', "broken"),
        (12, "rsync: connection unexpectedly closed (9 bytes received so far) [sender]", "away"),
        (12, 'rsync: [receiver] write failed on "/farm/x": No space left on device (28)', "full"),
        (12, "bash: line 1: rsync: command not found", "tool"),
        (23, f"{SENDER}\n{ENDED}", "source"),
        (23, f'rsync: [receiver] open "/farm/x" failed: Read-only file system (30)\n{ENDED}', "refused"),
        (23, f'rsync: [receiver] mkstemp "/farm/.x" failed: Permission denied (13)\n{ENDED}', "refused"),
        (24, 'file has vanished: "/dst/x"', "source"),
        (30, "rsync error: timeout in data send/receive (code 30) at io.c(201)", "silent"),
        (35, "rsync error: timeout waiting for daemon connection (code 35)", "silent"),
        (1, "rsync: --fsync: unknown option", "tool"),
        (127, "", "tool"),
        (255, "me@farmer: Permission denied (publickey).", "login"),
        (255, "Host key verification failed.", "host-key"),
        (255, "ssh: connect to host farmer port 22: No route to host", "away"),
        (255, "ssh: connect to host farmer port 22: Connection timed out", "silent"),
        (-9, "", "broken"),
        (77, "something new", "broken"),
    ],
)
def test_each_end_of_rsync_has_its_meaning(code: int, words: str, kind: str) -> None:
    found: type[Failure] = kind_of(code, words)
    assert found.kind == kind


def test_only_paths_with_wildcards_are_escaped() -> None:
    assert literal("/farm/a b\\c.part") == "/farm/a b\\c.part"
    assert literal("/farm/*?[a]\\.part") == "/farm/\\*\\?\\[a\\]\\\\.part"


def test_ssh_never_asks_and_takes_what_the_login_says() -> None:
    assert ssh_argv(Login(host="farmer"))[:4] == ("ssh", "-T", "-o", "BatchMode=yes")
    login = Login(
        host="fe80::1",
        user="me",
        port=2222,
        identity="/my keys/100%",
        jump="you@gate:22",
        known_hosts="/my hosts",
        config="/dev/null",
    )
    told = " ".join(ssh_argv(login))
    for words in (
        "-F /dev/null",
        "StrictHostKeyChecking=yes",
        "-i /my keys/100%% -o IdentitiesOnly=yes",
        'UserKnownHostsFile="/my hosts"',
        "-p 2222",
    ):
        assert words in told
    (hop,) = [word for word in ssh_argv(login) if word.startswith("ProxyCommand=")]
    for words in (
        "-i '/my keys/100%%%%'",
        """'UserKnownHostsFile="/my hosts"'""",
        "-p 22 -l you -W '[%h]:%p' gate",
    ):
        assert words in hop
    plain = Login(host="farmer", jump="you@gate:22,next")
    assert ssh_argv(plain)[-2:] == ("-J", "you@gate:22,next")
    assert rsync_shell(replace(login, identity="/it's")).count("'/it''s'") == 1
    assert place(login, "/farm/x") == "me@[fe80::1]:/farm/x"


def test_a_farmer_behind_another_host_is_reached_with_the_same_key_and_known_hosts(
    tmp_path: Path, far: Servers
) -> None:
    farm = make(tmp_path, "rsync", far)
    login = farm.way.login
    assert login is not None and login.known_hosts is not None
    with serve(tmp_path / "jump", lines=QUICK) as jump:
        (jump.root / "authorized_keys").write_text((far.ssh.root / "user_key.pub").read_text())
        known = tmp_path / "known 100%"
        known.write_text(Path(login.known_hosts).read_text() + jump.known_hosts.read_text())
        way = replace(login, known_hosts=str(known), jump=f"{jump.login.user}@{jump.address}:{jump.port}")
        data = farm.put()
        told = replace(farm, way=replace(farm.way, login=way)).move()
        assert told.outcome == "finished", told.error
        assert farm.arrived(data)
        assert jump.log().count("Accepted publickey") >= 2, "for rsync, and for the steps beside it"
