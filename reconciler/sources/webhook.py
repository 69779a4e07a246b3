"""A door for a repository's server: any POST that comes in makes the source look now. It carries no data."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

from reconciler.errors import PlotmanError

PATIENCE = 2.0
"""Seconds that a caller has in all, from its connecting to its last byte; others wait, and so does the end."""
LIMIT = 1 << 20
"""Bytes of a request's body that are read, only to be forgotten; a caller of more may find its connection cut."""


@contextmanager
def listening(address: str, hurry: Callable[[], None]) -> Iterator[None]:
    """Listen there as long as the context lasts, on a thread of its own. hurry: done for each POST.

    address: as the source document has it, ``127.0.0.1:9774`` or ``[::1]:9774``. Raises PlotmanError where it cannot
    be had.
    """
    host, _, port = address.rpartition(":")
    try:
        server = _server(host.removeprefix("[").removesuffix("]"), int(port), hurry)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise PlotmanError(
            f"webhook: cannot listen on {address}: {why}; free it, or write another address"
        ) from None
    thread = threading.Thread(target=server.serve_forever, name="webhook", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _server(host: str, port: int, hurry: Callable[[], None]) -> socketserver.TCPServer:
    class Caller(BaseHTTPRequestHandler):
        """One request. Only its method matters."""

        server_version, sys_version = "plotman", ""
        timeout = PATIENCE

        def do_POST(self) -> None:
            hurry()
            self._answer(HTTPStatus.NO_CONTENT)
            # A connection that is closed with bytes unread is reset, which could cost the caller our answer.
            with suppress(ValueError):
                self.rfile.read(min(LIMIT, max(0, int(self.headers.get("Content-Length", 0)))))

        def do_GET(self) -> None:
            self._answer(HTTPStatus.METHOD_NOT_ALLOWED)

        do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET

        def _answer(self, status: HTTPStatus) -> None:
            self.send_response(status)
            if status is HTTPStatus.METHOD_NOT_ALLOWED:
                self.send_header("Allow", "POST")
                self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Nobody reads of callers."""

    class Server(socketserver.TCPServer):
        """One caller at a time, each for PATIENCE at most."""

        allow_reuse_address = True
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

        def finish_request(self, request: object, client_address: object) -> None:
            assert isinstance(request, socket.socket)
            end = threading.Timer(PATIENCE, _cut, (request,))
            end.daemon = True
            end.start()
            try:
                Caller(request, client_address, self)
            finally:
                end.cancel()

        def handle_error(self, request: object, client_address: object) -> None:
            """A caller that breaks off costs nobody anything."""

    return Server((host, port), Caller)


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
