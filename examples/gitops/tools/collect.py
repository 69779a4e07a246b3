"""Fetches what each host has seen last, and pushes it to the branch `snapshots`, where plan.yaml reads it.

    python3 tools/collect.py

Runs in a clone of this repository, on a machine that reaches the hosts by ssh (machines/collector/ has a timer for
it). The hosts write their observation themselves (`plotman apply --publish-observation FILE`) and let the collector's
key read that one file (machines/host/authorized_keys). So nothing outside of the farm ever reaches in, and no plotter
needs a key that may write to the repository.

The branch holds one commit without a past, made anew each time. A host that does not answer keeps its last snapshot;
plans show how old each is. Exits with 1 where a host did not answer, or its file is no spec.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

FOLDER = "snapshots"
TIMEOUT = 60
"""Seconds that a host has."""


def main() -> int:
    """The exit code."""
    git("fetch", "--quiet", "origin")
    git("checkout", "--quiet", "--detach", "origin/main")
    os.makedirs(FOLDER, exist_ok=True)
    # Its exit code tells of files that are no specs; the other hosts are listed all the same.
    listed = subprocess.run(["plotman", "fleet", "list", "--ansible"], stdout=subprocess.PIPE, check=False)
    hosts = json.loads(listed.stdout)["_meta"]["hostvars"]
    with ThreadPoolExecutor(32) as pool:
        troubles = dict(zip(hosts, pool.map(fetch, hosts, hosts.values()), strict=True))
    publish()
    for name, trouble in troubles.items():
        if trouble is not None:
            print(f"{name}: {trouble}", file=sys.stderr)
    return 1 if listed.returncode != 0 or any(troubles.values()) else 0


def fetch(name: str, host: dict[str, Any]) -> str | None:
    """Renew a host's snapshot; why not, in words. host: how Ansible would reach it."""
    options = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=10"]
    for letter, key in (("-p", "ansible_port"), ("-l", "ansible_user")):
        options += [letter, str(host[key])] if key in host else []
    # The key's forced command says what is read; this one is only shown where it has none.
    argv = ["ssh", *options, "--", host["ansible_host"], "cat /var/lib/plotman/observation.json"]
    try:
        seen = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=True
        )
        json.loads(seen.stdout)
    except subprocess.CalledProcessError as error:
        return error.stderr.decode(errors="replace").strip() or f"ssh ended with {error.returncode}"
    except subprocess.TimeoutExpired:
        return f"no answer within {TIMEOUT} s"
    except ValueError as error:
        return f"what it has published is no JSON: {error}"
    path = os.path.join(FOLDER, f"{name}.json")
    with open(f"{path}.part", "wb") as file:
        file.write(seen.stdout)
    os.replace(f"{path}.part", path)
    return None


def publish() -> None:
    """Push the folder as the branch of that name."""
    index = os.path.join(output("git", "rev-parse", "--absolute-git-dir"), f"{FOLDER}-index")
    os.environ["GIT_INDEX_FILE"] = index
    git(f"--work-tree={FOLDER}", "add", "--all", "--force", "--", "*.json")
    tree = output("git", "write-tree")
    commit = output("git", "commit-tree", "-m", "What the hosts have seen", tree)
    git("push", "--quiet", "--force", "origin", f"{commit}:refs/heads/{FOLDER}")


def git(*words: str) -> None:
    """Run git. Raises CalledProcessError."""
    subprocess.run(["git", *words], check=True)


def output(*argv: str) -> str:
    """What a program prints, which must be well. Raises CalledProcessError."""
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
