"""A real HTTP server on loopback that takes Apprise's json:// messages, refuses them, or never answers."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Server:
    """port; status: what it answers; got: what came. hangs: it answers nothing until `release`."""

    port: int = 0
    status: int = 200
    hangs: bool = False
    got: list[dict[str, Any]] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"json://someone:hunter2@127.0.0.1:{self.port}/secret-path"

    def titles(self) -> list[str]:
        return [each["title"] for each in self.got]

    def lines(self) -> list[str]:
        return [line for each in self.got for line in each["message"].splitlines()]


@contextlib.contextmanager
def serving(server: Server) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.came.set()
            if server.hangs:
                server.release.wait()
                return
            if server.status == 200:
                server.got.append(json.loads(body))
            self.send_response(server.status)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        http.block_on_close = False
        server.port = http.server_port
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.release.set()
            http.shutdown()
            thread.join()
