"""A site for the example's playbook: a signed config repository, and hosts that are OpenSSH servers on loopback.

The hosts share this machine, so each keeps its files under a folder of its own. They also share the folder that
programs are installed in, as hosts do that mount one.
"""

from __future__ import annotations

import getpass
import grp
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

import reconciler
from tests.sshd import Server, serve

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLE = CHECKOUT / "examples" / "ansible"
PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")

Tree: TypeAlias = dict[str, tuple[int, bytes]]
"""Mode and bytes of files, by their paths below a host's top."""


@dataclass(frozen=True)
class Rolled:
    """What came of one run of the playbook: its exit code, and all that it printed."""

    code: int
    text: str

    @property
    def hosts(self) -> set[str]:
        """The hosts of the recap: those that anything was done on."""
        return set(re.findall(r"^(\S+) +: ok=", self.text, re.M))

    def count(self, host: str, what: str) -> int:
        """A number of a host's line in the recap: "changed"."""
        found = re.search(rf"^{host} +: .*\b{what}=(\d+)", self.text, re.M)
        assert found is not None, self.text
        return int(found[1])

    def tasks(self, host: str, result: str) -> set[str]:
        """The names of the tasks that ended so on a host: "changed", "skipping"."""
        blocks = re.split(r"^(?:TASK|RUNNING HANDLER) \[plotman : ", self.text, flags=re.M)[1:]
        return {block.split("]")[0] for block in blocks if re.search(rf"^{result}: \[{host}\]", block, re.M)}


@dataclass(frozen=True)
class Site:
    """root: of everything; hosts: the servers by the names that the example's inventory has for them."""

    root: Path
    hosts: Mapping[str, Server]
    environment: Mapping[str, str]

    def roll(self, *arguments: str) -> Rolled:
        """Run the playbook on these hosts, with more arguments of ansible-playbook."""
        inventories = ["-i", str(EXAMPLE / "inventory"), "-i", str(self.root / "inventory.yaml")]
        argv = [str(PLAYBOOK), *inventories, "--limit", ",".join(self.hosts), *arguments]
        argv.append(str(EXAMPLE / "rollout.yaml"))
        run = subprocess.run(
            argv,
            check=False,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
        )
        return Rolled(run.returncode, run.stdout + run.stderr)

    def place(self, host: str, *parts: str) -> Path:
        """A file of a host."""
        return self.root.joinpath("hosts", host, *parts)

    def trees(self) -> dict[str, Tree]:
        """All that the rollout has put on each host, its programs left out."""
        return {name: self.tree(name) for name in self.hosts}

    def tree(self, host: str) -> Tree:
        """The same of one host."""
        top = self.place(host)
        every = [path for name in ("etc", "units") for path in top.glob(f"{name}/**/*") if path.is_file()]
        return {
            str(path.relative_to(top)): (path.stat().st_mode & 0o777, path.read_bytes()) for path in every
        }

    def commit(self, host: str, text: str) -> None:
        """Put a host's spec into the repository, signed, on main."""
        work = self.root / "work"
        (work / "hosts").mkdir(exist_ok=True)
        (work / "hosts" / f"{host}.yaml").write_text(text)
        _git(work, "add", ".")
        _git(work, "commit", "-q", "-S", "-m", host)
        _git(work, "push", "-q", "origin", "main")

    def promote(self) -> None:
        """Let the stable ring have what main is at: a signed tag."""
        work = self.root / "work"
        _git(work, "tag", "-f", "-s", "-m", "stable", "stable")
        _git(work, "push", "-q", "-f", "origin", "stable")

    def spec(self, host: str) -> str:
        """A good spec for that host."""
        folders = {name: str(self.place(host, name)) for name in ("tmp", "dst", "logs")}
        for folder in folders.values():
            os.makedirs(folder, exist_ok=True)
        return json.dumps({"version": 3, "host": {"name": host}, "directories": folders})


@contextmanager
def site(root: Path, names: Sequence[str], wheel: Path) -> Iterator[Site]:
    """Hosts that answer, and a repository that is empty yet."""
    if Path("/proc/1/comm").read_text().strip() == "systemd":
        pytest.skip(
            "systemd would be told of the units of these hosts: run this by `unshare -pf --mount-proc`"
        )
    with ExitStack() as ending:
        servers = {name: ending.enter_context(serve(root / "servers" / name)) for name in names}
        shared = _repository(root, next(iter(servers.values())), wheel)
        every = {name: shared | _host(root, name, server) for name, server in servers.items()}
        (root / "inventory.yaml").write_text(json.dumps({"all": {"hosts": every}}))
        # Sockets of ssh: their paths must be short.
        sockets = ending.enter_context(tempfile.TemporaryDirectory(prefix="ssh-"))
        ending.callback(_end_connections, Path(sockets))
        yield Site(root, servers, _environment(root, sockets))


def build_wheel(folder: Path) -> Path:
    """The checkout as a wheel."""
    argv = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(folder),
        str(CHECKOUT),
    ]
    built = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    if "No matching distribution found for hatchling" in built.stderr:
        pytest.skip("no package index here, that pip could build and install from")
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


def _repository(root: Path, server: Server, wheel: Path) -> dict[str, Any]:
    """Make it; what all hosts are told of it, and of the program."""
    key = root / "signer"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True, timeout=300)
    subprocess.run(
        ["git", "init", "-q", "--bare", "-b", "main", str(root / "farm.git")], check=True, timeout=300
    )
    subprocess.run(["git", "init", "-q", "-b", "main", str(root / "work")], check=True, timeout=300)
    for name, value in (
        ("user.name", "owner"),
        ("user.email", "owner@example.org"),
        ("gpg.format", "ssh"),
        ("user.signingkey", str(key)),
        ("remote.origin.url", str(root / "farm.git")),
    ):
        _git(root / "work", "config", name, value)
    return {
        "plotman_package": str(wheel),
        "plotman_version": reconciler.__version__,
        "plotman_git": f"git+ssh://{getpass.getuser()}@{server.address}:{server.port}{root / 'farm.git'}",
        "plotman_identity": server.identity.read_text(),
        "plotman_known_hosts": server.known_hosts.read_text(),
        "plotman_allowed_signers": f"owner@example.org {key.with_suffix('.pub').read_text()}",
    }


def _host(root: Path, name: str, server: Server) -> dict[str, Any]:
    """How ansible gets to a host, and where things lie there."""
    mine = root / "hosts" / name
    user = getpass.getuser()
    return {
        "ansible_host": server.address,
        "ansible_port": server.port,
        "ansible_user": user,
        "ansible_become": False,
        "ansible_ssh_private_key_file": str(server.identity),
        "ansible_ssh_common_args": f"-F /dev/null -o UserKnownHostsFile={server.known_hosts}",
        "ansible_python_interpreter": sys.executable,
        "plotman_python": sys.executable,
        "plotman_system_packages": [],
        "plotman_pip_environment": {
            "PIP_NO_COMPILE": "1",
            **{key: value for key, value in os.environ.items() if key.startswith("PIP_")},
        },
        "plotman_create_user": False,
        "plotman_user": user,
        "plotman_owner": user,
        "plotman_group": grp.getgrgid(os.getegid()).gr_name,
        "plotman_home": str(root / "opt"),
        "plotman_etc": str(mine / "etc"),
        "plotman_state": str(mine / "state"),
        "plotman_units": str(mine / "units"),
    }


def _environment(root: Path, sockets: str) -> dict[str, str]:
    """Ansible's own, so that this user's configuration and files play no part."""
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")},
        "ANSIBLE_CONFIG": str(EXAMPLE / "ansible.cfg"),
        "ANSIBLE_HOME": str(root / "ansible"),
        "ANSIBLE_LOCAL_TEMP": str(root / "ansible" / "here"),
        "ANSIBLE_REMOTE_TEMP": str(root / "ansible" / "there"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": sockets,
        "ANSIBLE_NOCOLOR": "1",
    }


def _end_connections(sockets: Path) -> None:
    """Ansible leaves its connections open for a minute."""
    for socket in sockets.iterdir():
        argv = ["ssh", "-F", "/dev/null", "-o", f"ControlPath={socket}", "-O", "exit", "host"]
        subprocess.run(argv, stderr=subprocess.DEVNULL, check=False, timeout=300)


def _git(work: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(work), *arguments], check=True, capture_output=True, timeout=300)
