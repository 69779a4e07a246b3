"""Farmers asked in the background: nobody waits, failures back off, the last answer is kept."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from reconciler.errors import FarmerError
from reconciler.inquiry import Heard, Login, Question, Volume
from reconciler.machine.clock import Clock
from reconciler.remote import farmers
from reconciler.remote.farmers import Listener, RemoteFarmers
from reconciler.state import Absent, Fact, Known
from tests.remote.conftest import PLOT, QUICK
from tests.sshd import Server, serve

PATIENCE = 60.0
"""Seconds that a condition is waited for."""

LOGIN = Login(host="127.0.0.1", port=1)
QUESTION = Question(farmer="one", by="shell", login=LOGIN, disks=("/farm",))


class Fake:
    """A way to ask that answers as it is told to. asked, times: what was asked, and when; closed: how often."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self.times: list[float] = []
        self.error: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.closed = 0
        self.at_once = 0
        self.most = 0

    def ask(self, question: Question) -> Mapping[str, Fact[Volume]]:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.times.append(time.monotonic())
        self.asked.append(question)
        self.gate.wait()
        self.at_once -= 1
        if self.error is not None:
            raise self.error
        return {disk: Absent("is not there") for disk in question.disks}

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    made = Fake()
    monkeypatch.setattr(farmers, "_asker", lambda question: made)
    monkeypatch.setattr(farmers, "OFTEN", 0.1)
    monkeypatch.setattr(farmers, "FIRST", 0.2)
    monkeypatch.setattr(farmers, "LONGEST", 0.4)
    yield made
    made.gate.set()


@pytest.fixture
def asked(fake: Fake) -> RemoteFarmers:
    return RemoteFarmers(Clock().now, patience=PATIENCE)


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "bell"))
        listening.settimeout(PATIENCE)
        yield listening


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def hear(farm: RemoteFarmers, question: Question = QUESTION, **more: object) -> Heard:
    return farm.hear([question], **more)[question.farmer]  # type: ignore[arg-type]


# --- what is kept --------------------------------------------------------------------------------


def test_an_answer_says_what_was_asked_and_when(asked: RemoteFarmers) -> None:
    before = Clock().now()
    heard = hear(asked, replace(QUESTION, seek=("a", "b")))
    assert heard.answer is not None
    assert heard.answer.seek == ("a", "b")
    assert before.up <= heard.answer.asked.up <= Clock().now().up
    assert (heard.trouble, heard.kind, heard.next_at) == (None, None, None)


def test_a_failure_keeps_the_last_answer_and_says_when_it_is_tried_again(
    asked: RemoteFarmers, fake: Fake
) -> None:
    answer = hear(asked).answer
    before = time.time()
    fake.error = FarmerError("away", "it has gone")
    until(lambda: hear(asked).trouble is not None)
    heard = hear(asked)
    assert (heard.answer, heard.trouble, heard.kind) == (answer, "it has gone", "away")
    assert heard.next_at is not None
    assert before + farmers.FIRST <= heard.next_at <= time.time() + farmers.LONGEST
    fake.error = None
    until(lambda: hear(asked).trouble is None)
    assert hear(asked).answer != answer


def test_what_goes_wrong_in_asking_costs_the_answer_and_not_the_thread(
    asked: RemoteFarmers, fake: Fake
) -> None:
    fake.error = RuntimeError("a mistake")
    assert hear(asked).kind == "broken"
    fake.error = None
    until(lambda: hear(asked).answer is not None)


def test_an_answer_about_other_disks_is_forgotten(asked: RemoteFarmers, fake: Fake) -> None:
    hear(asked)
    fake.gate.clear()
    asked._patience = 0
    assert hear(asked, replace(QUESTION, disks=("/other",))).answer is None


def test_an_answer_to_what_is_no_longer_asked_is_not_kept(asked: RemoteFarmers, fake: Fake) -> None:
    asked._patience = 0
    fake.gate.clear()
    hear(asked)
    until(lambda: len(fake.asked) == 1)
    changed = replace(QUESTION, disks=("/other",))
    hear(asked, changed)
    fake.gate.set()
    until(lambda: hear(asked, changed).answer is not None)
    answer = hear(asked, changed).answer
    assert answer is not None
    assert set(answer.volumes) == {"/other"}


# --- how often -----------------------------------------------------------------------------------


def test_a_farmer_has_one_question_under_way(asked: RemoteFarmers, fake: Fake) -> None:
    asked._patience = 0
    fake.gate.clear()
    hear(asked)
    until(lambda: len(fake.asked) == 1)
    for number in range(20):
        hear(asked, replace(QUESTION, seek=(str(number),)))
        time.sleep(0.02)
    assert len(fake.asked) == 1
    fake.gate.set()
    until(lambda: len(fake.asked) == 2)
    assert fake.asked[1].seek == ("19",)
    assert fake.most == 1


def test_a_farmer_is_not_asked_more_often_than_it_should_be(
    asked: RemoteFarmers, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(farmers, "OFTEN", 60.0)
    for _ in range(20):
        hear(asked)
    assert len(fake.asked) == 1


def test_a_farmer_that_nobody_hears_is_not_asked(asked: RemoteFarmers, fake: Fake) -> None:
    hear(asked)
    time.sleep(0.4)
    assert len(fake.asked) == 1


def test_failures_back_off(asked: RemoteFarmers, fake: Fake) -> None:
    fake.error = FarmerError("away", "it has gone")
    until(lambda: hear(asked).trouble is not None and len(fake.times) >= 5)
    pauses = [later - sooner for sooner, later in pairwise(fake.times)]
    assert all(pause >= least for pause, least in zip(pauses, (0.2, 0.4, 0.4, 0.4), strict=False))


def test_a_farmer_that_was_away_for_days_is_still_asked(
    asked: RemoteFarmers, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in {"OFTEN": 0.0, "FIRST": 1e-6, "LONGEST": 1e-6}.items():
        monkeypatch.setattr(farmers, name, seconds)
    fake.error = FarmerError("away", "it has gone")
    # There is no float as great as 2.0 ** 1024.
    until(lambda: hear(asked).trouble is not None and len(fake.asked) > 1050)
    fake.error = None
    until(lambda: hear(asked).trouble is None)


@pytest.mark.parametrize("by", ["kick", "spec"])
def test_a_kick_or_a_changed_spec_ends_a_back_off(
    asked: RemoteFarmers, fake: Fake, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.setattr(farmers, "FIRST", 60.0)
    fake.error = FarmerError("login", "it does not let us in")
    assert hear(asked).trouble
    fake.error = None
    hear(asked, kicked=time.time() - 10)
    assert len(fake.asked) == 1
    question = replace(QUESTION, login=replace(LOGIN, user="farmer")) if by == "spec" else QUESTION
    kicked = time.time() if by == "kick" else 0.0
    until(lambda: hear(asked, question, kicked=kicked).answer is not None)


def test_a_farmer_that_is_asked_no_more_is_let_go(asked: RemoteFarmers, fake: Fake) -> None:
    def threads() -> int:
        return sum(thread.name == "farmer leaving" for thread in threading.enumerate())

    hear(asked, replace(QUESTION, farmer="leaving"))
    assert threads() == 1
    assert asked.hear([]) == {}
    until(lambda: fake.closed > 0)
    until(lambda: threads() == 0)


# --- the bell ------------------------------------------------------------------------------------


def test_the_bell_rings_for_news_alone(
    asked: RemoteFarmers, fake: Fake, bell: socket.socket, tmp_path: Path
) -> None:
    wake = str(tmp_path / "bell")
    hear(asked, wake=wake)
    assert bell.recv(1) == b"!"
    until(lambda: hear(asked, wake=wake).answer is not None and len(fake.asked) > 3)
    bell.setblocking(False)
    with pytest.raises(BlockingIOError):
        bell.recv(1)
    bell.settimeout(PATIENCE)
    seeking = replace(QUESTION, seek=("new.plot",))
    hear(asked, seeking, wake=wake)
    assert bell.recv(1) == b"!"
    fake.error = FarmerError("away", "it has gone")
    until(lambda: hear(asked, seeking, wake=wake).trouble is not None)
    fake.error = None
    until(lambda: hear(asked, seeking, wake=wake).trouble is None)
    assert bell.recv(1) == b"!"


# --- nobody waits --------------------------------------------------------------------------------


@pytest.fixture
def silent() -> Iterator[Login]:
    """A farmer that takes connections, and says nothing."""
    taken: list[socket.socket] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def run() -> None:
            with suppress(OSError):
                while True:
                    taken.append(server.accept()[0])

        threading.Thread(target=run, daemon=True).start()
        yield Login(host="127.0.0.1", port=server.getsockname()[1], config="/dev/null")
        server.shutdown(socket.SHUT_RDWR)
        for one in taken:
            one.close()


def test_a_silent_farmer_delays_nobody(silent: Login, tmp_path: Path) -> None:
    with serve(tmp_path / "sshd", lines=QUICK) as server:
        (tmp_path / PLOT).write_bytes(b"x")
        good = Question(
            farmer="good", by="shell", login=server.login, disks=(str(tmp_path),), mount=False, seek=(PLOT,)
        )
        mute = replace(QUESTION, farmer="mute", login=silent)
        farm = RemoteFarmers(Clock().now)
        until(lambda: farm.hear([mute, good])["good"].answer is not None)
        heard = farm.hear([mute, good])
        # Who had waited for it would have seen that it was given up.
        assert heard["mute"] == Heard(answer=None)
        farm.hear([])
    assert heard["good"].answer is not None
    fact = heard["good"].answer.volumes[str(tmp_path)]
    assert isinstance(fact, Known)
    assert fact.value.sought[0].name == PLOT


def test_hearing_does_not_wait_where_there_is_no_patience(fake: Fake) -> None:
    fake.gate.clear()
    farm = RemoteFarmers(Clock().now)
    hear(farm)
    until(lambda: len(fake.asked) == 1)
    for _ in range(100):
        assert hear(farm) == Heard(answer=None)


def test_patience_is_for_all_farmers_together(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []
    hear_one = Listener.hear

    def noted(self: Listener, patience: float) -> Heard:
        given.append(patience)
        return hear_one(self, patience)

    monkeypatch.setattr(Listener, "hear", noted)
    fake.gate.clear()
    farm = RemoteFarmers(Clock().now, patience=0.5)
    heard = farm.hear([replace(QUESTION, farmer=str(number)) for number in range(5)])
    assert given[0] <= 0.5
    assert given[1:] == [0.0] * 4, "the first has used it up"
    assert all(one == Heard(answer=None) for one in heard.values())


PROGRAM = """
import sys, threading
from reconciler.machine.clock import Clock
from reconciler.remote.farmers import RemoteFarmers
from reconciler.inquiry import Login, Question
assert "fabric" not in sys.modules and "paramiko" not in sys.modules
login = Login(host="127.0.0.1", port=int(sys.argv[1]), config="/dev/null")
farm = RemoteFarmers(Clock().now, patience=float(sys.argv[2]))
farm.hear([Question(farmer="mute", by="shell", login=login, disks=("/farm",))])
others = set(threading.enumerate()) - {threading.main_thread()}
print([other.daemon for other in others if other.name == "farmer mute"])
"""


@pytest.mark.parametrize("patience", ["0", "2"])
def test_a_silent_farmer_does_not_keep_a_program_from_ending(silent: Login, patience: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(silent.port), patience],
        check=True,
        timeout=PATIENCE,
        capture_output=True,
        text=True,
    )
    assert (ran.stdout, ran.stderr) == ("[True]\n", "")


def test_programs_start_while_farmers_are_asked(silent: Login, server: Server) -> None:
    """Starting a process forks, and what another thread holds at that moment must not matter."""
    farm = RemoteFarmers(Clock().now)
    questions = [
        replace(QUESTION, farmer="mute", login=silent),
        replace(QUESTION, farmer="good", login=server.login),
    ]
    for _ in range(50):
        farm.hear(questions)
        subprocess.run(["true"], check=True, timeout=PATIENCE, start_new_session=True)
    farm.hear([])
