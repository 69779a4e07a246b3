"""The example's config repository on a real git server, with requests to merge, and a runner of its workflows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from tests.sources.forge import Forge

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLE = CHECKOUT / "examples" / "gitops"
WORKFLOWS = EXAMPLE / ".github" / "workflows"

MERGE = "refs/pull/1/merge"
"""Where GitHub has what a request would make of its base."""
LEFT_OUT = frozenset({"Python", "Plotman", "Hand it on", "The page", "Comment"})
"""Steps that the tests leave out: they install plotman, or speak with GitHub itself."""

_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")


def shipped() -> dict[str, str]:
    """The example's files, by their paths in the repository; what tools have left there is none of them."""
    every = (path for path in EXAMPLE.rglob("*") if path.is_file())
    paths = {str(path.relative_to(EXAMPLE)): path for path in every}
    return {name: path.read_text() for name, path in paths.items() if "cache" not in name}


def shims(folder: Path) -> Path:
    """A folder for PATH, whose plotman and python3 are those of these tests."""
    folder.mkdir()
    environment = f'PYTHONPATH="{CHECKOUT}"'
    for name, argument in (("plotman", " -m reconciler"), ("python3", "")):
        shim = folder / name
        shim.write_text(f'#!/bin/sh\n{environment} exec "{sys.executable}"{argument} "$@"\n')
        shim.chmod(0o755)
    return folder


File: TypeAlias = str | tuple[str, str]
"""A text, or a mode and an object."""
GONE: File = ("0", "0" * 40)
"""What git takes for a file that is to be removed."""


def request(forge: Forge, files: Mapping[str, File]) -> None:
    """Ask for that change of main, as GitHub has it: the merge that would come of it."""
    main = forge.tip()
    assert main is not None
    tree = forge.tree(files, onto=main)
    change = forge.commit_tree(tree, (main,))
    forge.point(MERGE, forge.commit_tree(tree, (main, change)))


@dataclass(frozen=True)
class Step:
    """What came of one."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Runner:
    """Runs a workflow's jobs as GitHub's runner does, as far as the example needs it.

    workspace: an empty folder for each job. ref: what the workflow runs for. expressions: the value of each `${{ … }}`
    that steps may use. environment: of every step.
    """

    workspace: Path
    forge: Forge
    ref: str
    environment: Mapping[str, str]
    expressions: Mapping[str, str] = field(default_factory=dict)

    def run(self, workflow: str, job: str) -> dict[str, Step]:
        """The steps that ran, by name. After one that fails, only those run that say so."""
        self.workspace.mkdir()
        ran: dict[str, Step] = {}
        failed = False
        for step in steps(workflow, job):
            if step["name"] in LEFT_OUT or (failed and "!cancelled()" not in step.get("if", "")):
                continue
            done = self._step(step)
            ran[step["name"]] = done
            failed = failed or (done.code != 0 and not step.get("continue-on-error", False))
        return ran

    def _step(self, step: Mapping[str, Any]) -> Step:
        if "run" in step:
            environment = {name: self._value(text) for name, text in step.get("env", {}).items()}
            script = self.workspace.with_suffix(".sh")
            script.write_text(step["run"])
            return self._call(
                "bash", "--noprofile", "--norc", "-eo", "pipefail", str(script), at=step["at"], **environment
            )
        assert step["uses"].startswith("actions/checkout@"), step
        given = step["with"]
        folder = given.get("path", ".")
        (self.workspace / folder).mkdir(exist_ok=True)
        depth = given.get("fetch-depth", 1)
        how = [f"--depth={depth}"] if depth else []
        for words in (
            ("init", "-q"),
            ("remote", "add", "origin", self.forge.url),
            ("fetch", "-q", *how, "origin", given.get("ref", self.ref)),
            ("checkout", "-q", "--detach", "FETCH_HEAD"),
        ):
            done = self._call("git", *words, at=folder)
            if done.code != 0:
                break
        return done

    def _value(self, text: str) -> str:
        return _EXPRESSION.sub(lambda match: self.expressions[match[1]], text)

    def _call(self, *argv: str, at: str, **environment: str) -> Step:
        done = subprocess.run(
            argv,
            cwd=self.workspace / at,
            env={**os.environ, **self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Step(done.returncode, done.stdout, done.stderr)


def document(workflow: str) -> dict[str, Any]:
    """A workflow as GitHub reads it."""
    read: dict[str, Any] = yaml.load((WORKFLOWS / f"{workflow}.yaml").read_text(), yaml.BaseLoader)
    return read


def steps(workflow: str, job: str) -> Iterator[dict[str, Any]]:
    """A job's steps; `at` is the folder that each runs in."""
    found = yaml.safe_load((WORKFLOWS / f"{workflow}.yaml").read_text())["jobs"][job]
    at = found.get("defaults", {}).get("run", {}).get("working-directory", ".")
    for step in found["steps"]:
        yield {"at": at, **step}
