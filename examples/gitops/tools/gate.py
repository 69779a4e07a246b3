"""May this commit be promoted? Only if each canary is well, and has followed it long enough.

    plotman fleet status --limit ring=canary --json | python3 tools/gate.py COMMIT HOURS

Prints a line a host. Exits with 1 where one is not well, does not follow that commit, or follows it too short a time.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def refusal(host: dict[str, Any], commit: str, hours: float) -> str | None:
    """Why this host does not speak for the commit; None: it does."""
    report = host["report"]
    if report is None:
        return f"is {host['verdict']}: {host['trouble']}"
    source = report["source"]
    if source is None:
        return "follows no repository"
    if source["obstacle"] is not None:
        return f"does not follow the newest revision, {source['obstacle']}: {source['problem']}"
    applied = source["applied"]
    if applied is None or applied["commit"] != commit:
        return f"follows {applied['commit'][:7] if applied else 'nothing'}, not {commit[:7]}"
    if host["verdict"] != "ok":
        told = [condition["message"] for condition in report["conditions"]]
        return "; ".join(told) or "nobody plots or archives there"
    since = (report["at"] - applied["at"]) / 3600
    if since < hours:
        return f"has followed it for {since:.1f} h, not yet for {hours:g} h"
    return None


def main(commit: str, hours: str) -> int:
    """The exit code. Reads the fleet's status from stdin."""
    hosts = json.load(sys.stdin)["hosts"]
    refusals = {host["name"]: refusal(host, commit, float(hours)) for host in hosts}
    for name, why in refusals.items():
        print(f"{name} {why or 'is well'}")
    if not hosts:
        print("no canary answers for it")
    return 0 if hosts and not any(refusals.values()) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
