"""Reconcile a farm in a scratch folder until its plots are made and archived, with plotman's own commands.

Run by `run`, which sets up what it needs. Each command is printed before it runs, so that it can be repeated.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from string import Template

HERE = os.path.dirname(os.path.abspath(__file__))


def main() -> int:
    """Exit code: 0 once the plots that were asked for are at the farm."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--plots", type=int, default=6, metavar="N", help="how many plots in all (6)")
    parser.add_argument("--k", type=int, default=18, help="plot size, 18 to 22 for a try (18)")
    parser.add_argument("--root", metavar="DIR", help="where the farm lies (a new scratch folder)")
    asked = parser.parse_args()

    root = os.path.abspath(asked.root or tempfile.mkdtemp(prefix="plotman-"))
    for folder in ("tmp/00", "tmp/01", "dst/00", "dst/01", "farm/00", "farm/01", "logs"):
        os.makedirs(f"{root}/{folder}", exist_ok=True)
    with open(f"{HERE}/plotman.yaml", encoding="utf-8") as template:
        text = Template(template.read()).substitute(root=root, k=asked.k, plots=asked.plots)
    spec = f"{root}/plotman.yaml"
    with open(spec, "w", encoding="utf-8") as file:
        file.write(text)

    for command in (
        ["plotman", "plan", "-f", spec],
        ["plotman", "apply", "-f", spec, "--until-settled"],
        ["plotman", "status", "-f", spec],
        ["plotman", "dirs", "-f", spec],
    ):
        print(f"\n$ {' '.join(command)}", flush=True)
        code = subprocess.run(command, check=False).returncode
        if code != 0:
            return code

    plots = [
        os.path.join(folder, name)
        for folder, _, names in os.walk(f"{root}/farm")
        for name in names
        if name.endswith(".plot")
    ]
    print(f"\n{len(plots)} plots at the farm:")
    for plot in sorted(plots):
        print(f"  {plot}  {os.path.getsize(plot) / 1e6:.1f} MB")
    if len(plots) < asked.plots:
        print(f"{asked.plots} were asked for; `plotman explain -f {spec}` tells what holds", file=sys.stderr)
        return 1
    print(f"\nAgain, or with more plots: {HERE}/run --root {root} --plots {asked.plots + 6}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
