"""How rsync is told of a farmer that is reached by ssh."""

from __future__ import annotations

from reconciler.inquiry import Login
from reconciler.remote.ssh import ssh_argv


def rsync_shell(login: Login) -> str:
    """That command as rsync's -e takes it: words apart by blanks, a quote within quotes doubled."""
    return " ".join("'" + word.replace("'", "''") + "'" for word in ssh_argv(login))


def place(login: Login, path: str) -> str:
    """A path at the farmer, as rsync and scp write it."""
    host = f"[{login.host}]" if ":" in login.host else login.host
    return f"{login.user}@{host}:{path}" if login.user is not None else f"{host}:{path}"
