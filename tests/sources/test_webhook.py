"""Any POST hurries the source and nothing else does; no caller holds the door for long."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import PlotmanError
from reconciler.sources import webhook
from reconciler.sources.webhook import listening
from tests.ports import free_port

DEADLINE = 60.0
BODIES = (b"", b"{", b"x" * 300_000)


class Source:
    """Counts how often it is hurried."""

    def __init__(self) -> None:
        self.hurried = 0

    def hurry(self) -> None:
        self.hurried += 1


@pytest.fixture
def port() -> int:
    """One that nobody listens on."""
    return free_port()


@pytest.fixture
def source(port: int) -> Iterator[Source]:
    """A source whose door is open."""
    found = Source()
    with listening(f"127.0.0.1:{port}", found.hurry):
        yield found


def asked(port: int, method: str, path: str = "/", body: bytes = b"") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_post_hurries_once_whatever_it_brings(source: Source, port: int) -> None:
    tries = [(path, body) for path in ("/", "/hooks/git?x=1", "/../etc/passwd") for body in BODIES]
    for number, (path, body) in enumerate(tries, start=1):
        assert asked(port, "POST", path, body) == (204, b"")
        assert source.hurried == number


def test_nothing_else_is_taken(source: Source, port: int) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert asked(port, method) == (405, b"")
    assert asked(port, "NONSENSE")[0] == 501
    assert source.hurried == 0
    assert asked(port, "POST")[0] == 204


def test_neither_silent_nor_slow_nor_broken_callers_hold_the_door(
    source: Source, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "PATIENCE", 0.3)
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        while not over.wait(0.02):
            try:
                connection.send(b"P")
            except OSError:
                return

    with ExitStack() as stack:
        silent, slow, broken, promising = (
            stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(4)
        )
        thread = threading.Thread(target=drip, args=(slow,))
        thread.start()
        broken.sendall(b"\x00\xff\r\n\r\n")
        promising.sendall(b"POST / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n")
        assert asked(port, "POST")[0] == 204
        assert source.hurried == 2, "the promising one's and ours"
        over.set()
        thread.join()
        silent.close()


def test_no_bytes_end_the_listener(source: Source, port: int) -> None:
    @given(st.binary(max_size=300))
    @settings(max_examples=50, deadline=None)
    def survives(sent: bytes) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(sent)
        assert asked(port, "POST")[0] == 204

    survives()


def test_an_address_that_is_taken_is_told(source: Source, port: int) -> None:
    said = f"webhook: cannot listen on 127.0.0.1:{port}: address already in use"
    with pytest.raises(PlotmanError, match=said), listening(f"127.0.0.1:{port}", source.hurry):
        pass


def test_the_port_is_given_back(port: int) -> None:
    for _ in range(2):
        source = Source()
        with listening(f"127.0.0.1:{port}", source.hurry):
            assert asked(port, "POST")[0] == 204
        with pytest.raises(OSError, match="refused"):
            asked(port, "POST")


@pytest.mark.parametrize("host", ["localhost", "[::1]"])
def test_every_loopback_address_serves(host: str, port: int) -> None:
    source = Source()
    with listening(f"{host}:{port}", source.hurry):
        connection = http.client.HTTPConnection(host.strip("[]"), port, timeout=DEADLINE)
        connection.request("POST", "/")
        assert connection.getresponse().status == 204
        connection.close()
    assert source.hurried == 1
