"""A real bare repository that commits are made in by git's plumbing, also such as no porcelain would make."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

WHO = {
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@farm.lan",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@farm.lan",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}

PATH = "hosts/h07.yaml"


def spec(*tmps: str, more: str = "") -> str:
    """A small spec's text."""
    listed = ", ".join(tmps or ("/mnt/tmp/00",))
    return f"version: 3\ndirectories: {{tmp: [{listed}], logs: /var/log/plots}}\n{more}"


@dataclass(frozen=True)
class Key:
    """What signs: options of ``git -c``, and what it adds to the environment."""

    config: tuple[str, ...]
    env: Mapping[str, str]

    def options(self) -> list[str]:
        return [word for one in self.config for word in ("-c", one)]


class Forge:
    """The repository, as those see it who may push."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "--bare", "-b", "main", str(folder), at=None)

    @property
    def url(self) -> str:
        return f"file://{self.folder}"

    def git(
        self,
        *words: str,
        stdin: bytes = b"",
        at: Path | None = Path(),
        key: Key | None = None,
        env: Mapping[str, str] | None = None,
    ) -> str:
        where = [] if at is None else [f"--git-dir={self.folder}"]
        ran = subprocess.run(
            ["git", *where, *(key.options() if key else []), *words],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=300,
            env={**os.environ, **WHO, **(key.env if key else {}), **(env or {})},
        )
        assert ran.returncode == 0, (words, ran.stderr)
        return ran.stdout.decode().strip()

    def blob(self, data: str | bytes) -> str:
        raw = data.encode() if isinstance(data, str) else data
        return self.git("hash-object", "-w", "--stdin", stdin=raw)

    def object(self, kind: str, data: bytes) -> str:
        """Any object, whether git would make it or not."""
        return self.git("hash-object", "-t", kind, "-w", "--literally", "--stdin", stdin=data)

    def tree(self, files: Mapping[str, str | bytes | tuple[str, str]], onto: str | None = None) -> str:
        """A tree of those files; of a pair it has that mode and object. onto: what else it holds."""
        index = {"GIT_INDEX_FILE": str(self.folder / "making")}
        (self.folder / "making").unlink(missing_ok=True)
        if onto is not None:
            self.git("read-tree", onto, env=index)
        lines = []
        for path, data in files.items():
            mode, id = data if isinstance(data, tuple) else ("100644", self.blob(data))
            lines.append(f"{mode} {id}\t{path}")
        self.git("update-index", "--add", "--index-info", stdin="\n".join(lines).encode() + b"\n", env=index)
        return self.git("write-tree", "--missing-ok", env=index)

    def tip(self, branch: str = "main") -> str | None:
        found = self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")
        return found or None

    def commit_tree(
        self,
        tree: str,
        parents: tuple[str, ...] = (),
        *,
        message: str = "a change",
        key: Key | None = None,
        date: str = "",
    ) -> str:
        sign = ["-S"] if key else []
        env = {"GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": date} if date else {}
        above = [word for parent in parents for word in ("-p", parent)]
        return self.git("commit-tree", *sign, *above, "-m", message, tree, key=key, env=env)

    def commit(
        self,
        files: Mapping[str, str | bytes | tuple[str, str]],
        *,
        branch: str = "main",
        key: Key | None = None,
        date: str = "",
        message: str = "a change",
    ) -> str:
        """A commit on top of that branch, which then leads there."""
        tip = self.tip(branch)
        tree = self.tree(files, tip)
        made = self.commit_tree(tree, (tip,) if tip else (), message=message, key=key, date=date)
        self.point(f"refs/heads/{branch}", made)
        return made

    def point(self, ref: str, id: str) -> None:
        self.git("update-ref", ref, id)

    def tag(self, name: str, target: str, key: Key | None = None) -> None:
        """An annotated tag, signed by that key."""
        self.git("tag", "-f", "-s" if key else "-a", "-m", "a release", name, target, key=key)
