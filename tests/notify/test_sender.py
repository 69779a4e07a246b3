"""Messages get there in order and once, however often the target fails; nobody waits for it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence

import pytest

from reconciler.errors import PlotmanError
from reconciler.notify.kinds import Message
from reconciler.notify.sender import ROOM, Sender

DEADLINE = 60.0


def messages(*numbers: int) -> list[Message]:
    return [Message(float(number), "job-failed", "a", "b") for number in numbers]


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.005)


class Target:
    """Takes messages, fails so many times before it does, or hangs until it is let go."""

    def __init__(self, failures: float = 0, hangs: bool = False) -> None:
        self.failures = failures
        self.tries: list[float] = []
        self.got: list[float] = []
        self.dropped = 0
        self.go = threading.Event()
        if not hangs:
            self.go.set()

    def send(self, batch: Sequence[Message], dropped: int) -> None:
        self.tries.append(time.monotonic())
        self.go.wait()
        if len(self.tries) <= self.failures:
            raise PlotmanError("no")
        self.dropped += dropped
        self.got += [each.at for each in batch]


def test_what_is_given_arrives_in_order_and_once() -> None:
    target = Target()
    sender = Sender("t", target.send)
    for number in range(50):
        sender.give(messages(number))
    wait_for(lambda: target.got == list(range(50)))
    assert sender.problem is None


def test_failures_are_tried_again_ever_more_slowly_and_lose_nothing() -> None:
    target = Target(failures=math.inf)
    sender = Sender("t", target.send, first=0.02)
    sender.give(messages(1, 2))
    wait_for(lambda: len(target.tries) >= 5)
    assert sender.problem == "no"
    sender.give(messages(3))
    target.failures = 0
    wait_for(lambda: target.got == [1, 2, 3])
    wait_for(lambda: sender.problem is None)
    waits = [later - sooner for sooner, later in zip(target.tries, target.tries[1:], strict=False)]
    for wait, least in zip(waits[:4], (0.02, 0.04, 0.08, 0.16), strict=True):
        assert wait >= least


def test_giving_never_waits_and_the_oldest_are_given_up_and_counted() -> None:
    target = Target(failures=1, hangs=True)
    sender = Sender("t", target.send, first=0.0)
    sender.give(messages(0))
    wait_for(lambda: len(target.tries) == 1)
    for number in range(1, ROOM + 11):
        sender.give(messages(number))
    assert target.got == []
    target.go.set()
    wait_for(lambda: bool(target.got))
    assert target.got == list(range(11, ROOM + 11))
    assert target.dropped == 11


@pytest.mark.parametrize("failures", [0, 1])
def test_closing_sends_what_is_left_without_its_rest(failures: int) -> None:
    target = Target(failures)
    sender = Sender("t", target.send, first=60.0)
    sender.give(messages(1))
    wait_for(lambda: len(target.tries) == 1)
    sender.give(messages(2))
    sender.close()
    sender.join(DEADLINE)
    assert target.got == [1, 2]


def test_a_target_that_hangs_is_not_waited_for() -> None:
    target = Target(hangs=True)
    sender = Sender("t", target.send)
    sender.give(messages(1))
    wait_for(lambda: bool(target.tries))
    sender.close()
    sender.join(0.05)
    assert target.tries and not target.got
    target.go.set()
