"""Repositories on real servers: ssh with keys, https with a password that nobody else sees."""

from __future__ import annotations

import base64
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import SpecError
from tests.sources.following import applied, following, setting, tmps, until
from tests.sources.forge import PATH, Forge, spec
from tests.sshd import Server, serve

TOKEN = "s3cr3t-t0ken"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("ssh")) as server:
        yield server


def by_ssh(server: Server, forge: Forge, state: Path, **more: Any) -> Any:
    url = f"git+ssh://{server.login.user}@127.0.0.1:{server.port}{forge.folder}"
    values = {"identity": str(server.identity), "known_hosts": str(server.known_hosts), **more}
    return setting(url, state, **values)


def test_a_repository_is_followed_over_ssh(server: Server, forge: Forge, tmp_path: Path) -> None:
    forge.commit({PATH: spec("/mnt/a")})
    with following(by_ssh(server, forge, tmp_path / "state")) as source:
        assert tmps(source.current()) == ["/mnt/a"]
        until(source, applied(forge.commit({PATH: spec("/mnt/b")})))


def test_a_server_with_another_key_is_not_trusted(server: Server, forge: Forge, tmp_path: Path) -> None:
    forge.commit({PATH: spec()})
    key = (server.root / "user_key.pub").read_text().split()
    (tmp_path / "known").write_text(f"[127.0.0.1]:{server.port} {key[0]} {key[1]}\n")
    with (
        following(by_ssh(server, forge, tmp_path / "state", known_hosts=str(tmp_path / "known"))) as source,
        pytest.raises(SpecError, match="Host key verification failed"),
    ):
        source.current()
    assert source.revisions().obstacle == "unreachable"


def test_a_key_that_the_server_does_not_take_is_told(server: Server, forge: Forge, tmp_path: Path) -> None:
    forge.commit({PATH: spec()})
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    with (
        following(by_ssh(server, forge, tmp_path / "state", identity=str(tmp_path / "key"))) as source,
        pytest.raises(SpecError, match="Permission denied"),
    ):
        source.current()


class Handler(SimpleHTTPRequestHandler):
    """Serves a repository's files to whoever knows the token, and looks whether processes show it."""

    shown: list[str]
    asked: list[str | None]

    def do_GET(self) -> None:
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                self.shown += [TOKEN] if TOKEN.encode() in process.read_bytes() else []
            except OSError:
                continue
        login = self.headers.get("Authorization")
        self.asked.append(login)
        if login == "Basic " + base64.b64encode(f"bot:{TOKEN}".encode()).decode():
            super().do_GET()
            return
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="farm"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def https(folder: Path) -> Iterator[tuple[int, Path, type[Handler]]]:
    """A server of that folder's files; its port, its certificate, and what it saw."""
    key, certificate = folder / "key.pem", folder / "cert.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, "-days", "2"]
    subprocess.run([*argv, "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=60)
    handler = type("Seen", (Handler,), {"shown": [], "asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: handler(*a, directory=str(folder))) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_address[1], certificate, handler
        server.shutdown()
        thread.join(5)


def test_a_token_opens_a_repository_over_https_and_shows_nowhere(forge: Forge, tmp_path: Path) -> None:
    commit = forge.commit({PATH: spec("/mnt/a")})
    forge.git("update-server-info")
    state = tmp_path / "state"
    with https(tmp_path) as (port, certificate, seen):
        url = f"https://bot:${{FARM_TOKEN}}@127.0.0.1:{port}/farm.git"
        given = setting(url, state, ca=str(certificate))
        with following(given, {"FARM_TOKEN": TOKEN}) as source:
            assert tmps(source.current()) == ["/mnt/a"]
            until(source, applied(commit))
            assert source.revisions().source == f"{url} {PATH}"
        assert seen.asked and seen.shown == []
        for path in state.rglob("*"):
            assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("environment", "words"),
    [({"FARM_TOKEN": f"{TOKEN}x"}, "Authentication failed"), ({}, "the variable FARM_TOKEN is not set")],
)
def test_a_login_that_fails_is_told_without_the_token(
    environment: dict[str, str], words: str, forge: Forge, tmp_path: Path
) -> None:
    forge.commit({PATH: spec("/mnt/a")})
    forge.git("update-server-info")
    with https(tmp_path) as (port, certificate, _):
        url = f"https://bot:${{FARM_TOKEN}}@127.0.0.1:{port}/farm.git"
        with (
            following(setting(url, tmp_path / "state", ca=str(certificate)), environment) as source,
            pytest.raises(SpecError, match=words) as told,
        ):
            source.current()
    assert TOKEN not in str(told.value)
    assert source.revisions().obstacle == "unreachable"


def test_an_unknown_certificate_is_refused(forge: Forge, tmp_path: Path) -> None:
    with (
        https(tmp_path) as (port, _, seen),
        following(setting(f"https://127.0.0.1:{port}/farm.git", tmp_path / "state")) as source,
        pytest.raises(SpecError, match="certificate"),
    ):
        source.current()
    assert seen.asked == []
