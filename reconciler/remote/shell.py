"""One ssh connection to a farmer, with a deadline on everything: the one import of fabric.

fabric finds the way (the ssh configuration, jump hosts, keys, the agent) and opens the sessions. Three of its habits
are not wanted. It accepts every host key (``AutoAddPolicy``), so each hop gets a policy of ours. It waits an hour for
a channel and for ever for some answers, so each step runs on a thread that is given up when its time is over, and the
sockets are closed under it. Its `run` feeds a command a hundred characters a second, so the script is written to
the session itself.
"""

from __future__ import annotations

import logging
import os
import shlex
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import fabric
import paramiko

from reconciler.errors import FarmerError
from reconciler.remote import hostkeys
from reconciler.remote.ran import TICK, Ran, Waiting
from reconciler.remote.talk import Talk
from reconciler.remote.tool import Proxy
from reconciler.remote.within import within

if TYPE_CHECKING:
    from reconciler.inquiry import Login

T = TypeVar("T")

KEEPALIVE = 15
"""Seconds of silence after which a sign of life is sent."""

CONFIGS = ("~/.ssh/config", "/etc/ssh/ssh_config")
KNOWN, KNOWN_TO_ALL = "~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"

# Failures are told by our errors; without this paramiko would print them where nobody has set up logging.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class Silent(FarmerError):
    """A deadline has passed. out: what a script had printed until then."""

    def __init__(self, message: str, out: str = "") -> None:
        super().__init__("silent", message)
        self.out = out


class Shell:
    """A farmer's shell, connected at its first use. For one thread at a time.

    connect: seconds that each wait of connecting may take (TCP, banner, login, a channel); all of them together,
    those of jump hosts among them, twice that.

    After a FarmerError, or whatever `waiting` has raised, the connection is closed; another Shell is needed.
    """

    def __init__(self, login: Login, *, connect: float = 10.0) -> None:
        self._login = login
        self._wait = connect
        self._name = login.host if login.port is None else f"{login.host}:{login.port}"
        self._connection: Any = None
        self._transports: list[paramiko.Transport] = []
        self._clients: list[paramiko.SSHClient] = []
        self._proxies: list[Proxy] = []
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Is there a connection, as far as this end can tell?"""
        return bool(self._connection is not None and self._connection.is_connected)

    def run(self, script: str, *arguments: str, deadline: float, waiting: Waiting | None = None) -> Ran:
        """Run a POSIX sh script with those arguments; its standard input is empty.

        Script and arguments travel on the standard input of ``sh -s``: so they show in no process table, mean the
        same whatever the login shell is, and a script of which only half came is not begun.

        deadline: seconds for the script, from when it can be sent on. Raises Silent, FarmerError.
        """
        text = f"main() {{\n{script}\n}}\nmain {shlex.join(arguments)} </dev/null\n"
        with self.meant():
            channel = self._open(lambda channel: channel.exec_command("sh -s"), waiting)[0]
            ends = time.monotonic() + deadline
            talk = Talk(channel, text.encode("utf-8", "surrogateescape"))
            while not talk.over:
                if (left := ends - time.monotonic()) <= 0:
                    raise Silent(f"{self._name} has not answered within {deadline:g} s", talk.out)
                talk.go(min(left, TICK))
                if waiting is not None:
                    waiting()
            channel.close()
        if talk.code < 0:
            lost = not self.alive
            self.close()
            if lost:
                raise FarmerError("away", f"the connection to {self._name} was lost")
            raise FarmerError(
                "broken", f"{self._name} ended the shell without an exit code: {talk.err.strip()}"
            )
        return Ran(talk.code, talk.out, talk.err)

    def sftp(self, *, deadline: float = 20.0, waiting: Waiting | None = None) -> paramiko.SFTPClient:
        """An SFTP session. deadline: seconds that one of its answers is waited for; then it raises TimeoutError.

        Raises FarmerError; use the session within `meant`.
        """

        def begin(channel: paramiko.Channel) -> paramiko.SFTPClient:
            channel.invoke_subsystem("sftp")
            return paramiko.SFTPClient(channel)

        with self.meant():
            channel, client = self._open(begin, waiting)
        channel.settimeout(deadline)
        return client

    @contextmanager
    def meant(self) -> Iterator[None]:
        """Whatever is raised within closes the connection; what a connection can raise becomes a FarmerError."""
        try:
            yield
        except BaseException as error:
            self.close()
            if (meaning := self._meaning(error)) is None:
                raise
            raise meaning from error

    def _meaning(self, error: BaseException) -> FarmerError | None:
        """None: it says what it means by itself."""
        name = self._name
        match error:
            case FarmerError():
                return None
            case paramiko.SSHException() if _is_silence(error):
                return Silent(f"{name} takes connections, but does not answer: {_words(error)}")
            case paramiko.PasswordRequiredException():
                return FarmerError(
                    "login", f"the key for {name} needs its passphrase: add it to the ssh agent"
                )
            case paramiko.AuthenticationException():
                return FarmerError("login", f"{name} does not let us in: {_words(error)}")
            case TimeoutError():
                return Silent(f"{name} does not answer")
            case paramiko.ChannelException():
                return FarmerError("away", f"the way to {name} is refused: {_words(error)}")
            case OSError() | EOFError() | paramiko.SSHException():
                return FarmerError("away", f"{name} cannot be reached: {_words(error)}")
        return None

    def close(self) -> None:
        """Let go of the connection, and of whoever waits for it. Does not wait for the other end itself."""
        self._closed = True
        partings = [each.close for each in (*reversed(self._transports), *self._clients, *self._proxies)]
        if partings:
            # Parting may wait for a peer that reads no more.
            threading.Thread(target=lambda: [part() for part in partings], daemon=True).start()

    def _open(
        self, begin: Callable[[paramiko.Channel], T], waiting: Waiting | None
    ) -> tuple[paramiko.Channel, T]:
        """A session in which something was begun."""
        if self._closed:
            raise FarmerError("away", f"the connection to {self._name} is closed")
        if self._connection is None:
            within(2 * self._wait, self._reach, waiting)

        def session() -> tuple[paramiko.Channel, T]:
            channel = self._connection.create_session()
            channel.settimeout(self._wait)
            return channel, begin(channel)

        return within(self._wait, session, waiting)

    def _reach(self) -> None:
        try:
            connection = self._route()
            connection.open()
            for transport in self._transports:
                transport.set_keepalive(KEEPALIVE)
            self._connection = connection
        finally:
            if self._closed:
                # It was given up meanwhile.
                self.close()

    def _route(self) -> Any:
        """fabric's connection, all of whose hops know whom to believe and how long to wait."""
        try:
            config = _config(self._login)
            before = None
            for host in (*(self._login.jump or "").split(","), self._login.host):
                if host:
                    connection = fabric.Connection(host, gateway=before, config=config, forward_agent=False)
                    # fabric takes that for a host called so.
                    if before is None and connection.ssh_config.get("proxyjump", "").lower() == "none":
                        connection.gateway = None
                    before = connection
        except (OSError, ValueError, LookupError, paramiko.SSHException) as error:
            raise FarmerError(
                "login", f"the ssh configuration for {self._name} is not usable: {error}"
            ) from error
        hop = connection
        while isinstance(hop, fabric.Connection):
            self._prepare(hop)
            hop = hop.gateway
        return connection

    def _prepare(self, hop: Any) -> None:
        own = self._login
        names = hop.ssh_config
        alias = names.get("hostkeyalias")
        believed = _Believed(
            alias or hostkeys.entry_name(hop.host, hop.port), hop.host, hop.port, _files(own, names)
        )
        identities = [os.path.expanduser(path) for path in names.get("identityfile", ())]
        identities = [path for path in identities if os.path.isfile(path)]
        if own.identity is not None:
            if not os.path.isfile(own.identity):
                raise FarmerError("login", f"there is no private key {own.identity}")
            identities = [own.identity, *identities]

        def transport(sock: Any, **options: Any) -> paramiko.Transport:
            if isinstance(sock, socket.socket) and sock.family != socket.AF_UNIX:
                # Many small questions: none shall wait for the acknowledgement of the one before.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made = paramiko.Transport(sock, **options)
            security = made.get_security_options()
            security.key_types = believed.prefer(security.key_types)
            self._transports.append(made)
            return made

        self._clients.append(hop.client)
        hop.client.set_missing_host_key_policy(believed)
        hop.connect_timeout = None
        hop.connect_kwargs = {
            "timeout": self._wait,
            "banner_timeout": self._wait,
            "auth_timeout": self._wait,
            "channel_timeout": self._wait,
            "transport_factory": transport,
            "key_filename": identities,
            "look_for_keys": not identities,
            "allow_agent": names.get("identitiesonly", "no") != "yes",
        }
        if isinstance(hop.gateway, str):
            # paramiko's own pipe to a command spins once that has ended.
            proxy = Proxy(hop.gateway)
            self._proxies.append(proxy)
            hop.connect_kwargs["sock"] = proxy.socket
            hop.gateway = None


class _Believed:
    """A policy of paramiko's, asked about every key, since the client itself is given none."""

    def __init__(self, name: str, host: str, port: int, files: tuple[str, ...]) -> None:
        self._asked = (name, host, port)
        self._files = files

    def missing_host_key(self, _client: object, _hostname: str, key: paramiko.PKey) -> None:
        """Raises FarmerError for any but a known key."""
        hostkeys.check(*self._asked, key.get_name(), key.asbytes(), self._files)

    def prefer(self, kinds: tuple[str, ...]) -> tuple[str, ...]:
        """Those kinds of keys first of which we know one, so that the server shows that one."""
        known = {key.kind for key in hostkeys.keys_of(self._asked[0], self._files)}
        if "ssh-rsa" in known:
            known |= {"rsa-sha2-256", "rsa-sha2-512"}
        return tuple(sorted(kinds, key=lambda kind: kind not in known))


def _config(login: Login) -> Any:
    """The ssh configuration, below what the spec says of this farmer; of what is said twice the first counts."""
    from fabric.config import Config

    own = {"User": login.user, "Port": login.port}
    head = [f"Host {login.host}", *(f"{key} {value}" for key, value in own.items() if value is not None)]
    ssh = paramiko.SSHConfig.from_text("\n".join(head) + "\n")
    for path in (login.config,) if login.config is not None else _existing(CONFIGS):
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            ssh.parse(file)
    # lazy: fabric's own configuration files are none of ours.
    return Config(ssh_config=ssh, lazy=True)


def _files(login: Login, names: dict[str, Any]) -> tuple[str, ...]:
    """The known_hosts files that count; the first is the one to add to."""
    if login.known_hosts is not None:
        return (login.known_hosts,)
    user = shlex.split(names.get("userknownhostsfile", KNOWN))
    everyone = shlex.split(names.get("globalknownhostsfile", KNOWN_TO_ALL))
    return tuple(os.path.expanduser(path) for path in (*user, *everyone))


def _existing(paths: tuple[str, ...]) -> Iterator[str]:
    return (path for path in map(os.path.expanduser, paths) if os.path.isfile(path))


def _is_silence(error: paramiko.SSHException) -> bool:
    """paramiko has no type for it; where a negotiation has not ended in time, there is "no existing session"."""
    words = str(error).lower()
    return "timeout" in words or "no existing session" in words or isinstance(error.__context__, TimeoutError)


def _words(error: BaseException) -> str:
    """An error in words; the system's own where it has some."""
    if isinstance(error, paramiko.ssh_exception.NoValidConnectionsError):
        return "; ".join(sorted({_words(one) for one in error.errors.values()}))
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).strip() or type(error).__name__
