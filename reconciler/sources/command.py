"""Git itself, as it is run here: nothing of this user's or this machine's configuration, no hooks, no questions."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence

from reconciler.errors import FarmerError
from reconciler.inquiry import Login
from reconciler.remote import tool
from reconciler.remote.ran import Ran, Waiting
from reconciler.remote.ssh import ssh_argv
from reconciler.sources.refusal import MirrorBroken, Refused
from reconciler.sources.setting import Setting

LOCAL = 20.0
"""Seconds that git has for what needs no network."""

LARGEST = 1 << 30
"""Bytes of the largest file that a fetch may write."""

_USER, _PASSWORD = "PLOTMAN_GIT_USER", "PLOTMAN_GIT_PASSWORD"

_HELPER = f'!printf "username=%s\\npassword=%s\\n" "${_USER}" "${_PASSWORD}" #'
"""What git asks for user and password: they stand in the environment, so that no process list shows them."""

_CONFIG: Mapping[str, str] = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    # What is larger than this passes through git in pieces, not through its memory.
    "core.bigFileThreshold": "1m",
    "fetch.fsckObjects": "true",
    "fetch.recurseSubmodules": "false",
    # Each fetch leaves one pack; LARGEST holds for all that it brings.
    "fetch.unpackLimit": "1",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "100",
    "gpg.program": "gpg",
    "gpg.ssh.program": "ssh-keygen",
    "gpg.x509.program": "false",
    "gpg.minTrustLevel": "fully",
}


_SERVING = "--upload-pack=git -c 'safe.directory=*' upload-pack"
"""How git serves a repository of this machine: whose it is does not matter, since this host names that very one."""

_ADVICE = ("hint:", "Please make sure you have the correct access rights", "and the repository exists")


class Git:
    """Git in one bare repository, for one setting. waiting: called about once a second while the network is asked."""

    def __init__(
        self, folder: str, setting: Setting, environment: Mapping[str, str], waiting: Waiting
    ) -> None:
        self.folder = folder
        self._setting = setting
        self._environment = environment
        self._waiting = waiting

    def ask(
        self,
        *words: str,
        config: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Ran:
        """Run a command that needs no network. Raises Refused where git itself is missing."""
        argv = ["git", f"--git-dir={self.folder}", *_options({**_CONFIG, **(config or {})}), *words]
        # No way is open to anywhere, whatever the repository would have git fetch.
        return self._run(argv, LOCAL, {**_clean(), "GIT_ALLOW_PROTOCOL": "none", **(env or {})})

    def tell(self, *words: str) -> str:
        """What a command prints that must succeed in a sound repository. Raises MirrorBroken, Refused."""
        ran = self.ask(*words)
        if ran.code != 0:
            raise MirrorBroken(f"git {words[0]} in {self.folder}: {complaint(ran.err)}")
        return ran.out

    def fetch(self, *words: str) -> Ran:
        """Run ``git fetch`` with these words. Raises Refused where it does not end in time or cannot be run."""
        setting, address = self._setting, self._setting.address
        config = {**_CONFIG, "http.lowSpeedTime": str(max(1, int(setting.timeout)))}
        env: dict[str, str | None] = {**_clean(), "GIT_ALLOW_PROTOCOL": address.scheme}
        if setting.ca is not None:
            config["http.sslCAInfo"] = setting.ca
        if address.scheme == "ssh":
            login = Login(host="", identity=setting.identity, known_hosts=setting.known_hosts)
            env |= {"GIT_SSH_COMMAND": shlex.join(ssh_argv(login)), "GIT_SSH_VARIANT": "ssh"}
        if (secrets := self._login()) is not None:
            # For this one host only.
            host = address.url.split("/")[2]
            config[f"credential.https://{host}.helper"] = _HELPER
            env |= {_USER: secrets[0], _PASSWORD: secrets[1]}
        serving = [_SERVING] if address.scheme == "file" else []
        git = ["git", f"--git-dir={self.folder}", *_options(config), "fetch", *serving, *words]
        # ulimit counts blocks of 512 bytes.
        argv = ["sh", "-c", f'ulimit -f {LARGEST // 512} && exec "$@"', "sh", *git]
        ran = self._run(argv, float(setting.timeout), env)
        return ran._replace(err=self._without_secrets(ran.err, secrets))

    def _run(self, argv: Sequence[str], deadline: float, env: Mapping[str, str | None]) -> Ran:
        try:
            ran = tool.run(argv, deadline=deadline, env=env, waiting=self._waiting)
        except FarmerError as error:
            if error.kind == "tool":
                raise Refused("unreachable", f"{error}; install git") from None
            what = "the repository" if argv[0] == "sh" else f"git {' '.join(argv[-2:])}"
            raise Refused("unreachable", f"{what} has not answered within {deadline:g} s") from None
        if ran.code == 127:
            raise Refused("unreachable", "git cannot be run here; install it")
        return ran

    def _login(self) -> tuple[str, str] | None:
        try:
            return self._setting.address.login(self._environment)
        except KeyError as error:
            message = f"the variable {error.args[0]} is not set, which {self._setting.git} refers to"
            raise Refused("unreachable", message) from None

    def _without_secrets(self, text: str, secrets: tuple[str, str] | None) -> str:
        for secret in filter(None, secrets or ()):
            if secret not in self._setting.git:
                text = text.replace(secret, "***")
        return text


def complaint(err: str) -> str:
    """What git complains of in the end, as one line without control characters and without advice."""
    lines = [line.strip().removeprefix("fatal: ") for line in err.splitlines()]
    words = "; ".join([line for line in lines if line and not line.startswith(_ADVICE)][-4:])
    shown = "".join(letter if letter.isprintable() else "?" for letter in words)
    return shown[:500] or "it does not say why"


def _options(config: Mapping[str, str]) -> list[str]:
    return [word for key, value in config.items() for word in ("-c", f"{key}={value}")]


def _clean() -> dict[str, str | None]:
    """Nothing of git's or its askers' from our own environment, and no configuration but ours."""
    names = [name for name in os.environ if name.startswith(("GIT_", "SSH_ASKPASS"))]
    return {
        **dict.fromkeys(names),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        # A path that a document names is one, whatever it begins with.
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
    }
