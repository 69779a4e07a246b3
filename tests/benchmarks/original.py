"""The original, to be measured beside: plotman 0.5.3 from PyPI, in an environment of its own.

``python -m tests.benchmarks.original`` in that environment is never run; a loop of a few lines calls its own
`plot` and `archive` steps, once for each line that comes in, and tells what each cost in CPU.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.crowd import Crowd, spawn

PACKAGES = (
    "plotman==0.5.3",
    "marshmallow<4",
    "desert",
    "attrs",
    "click",
    "pendulum",
    "python-dateutil",
    "tzdata",
    "six",
    "texttable",
    "appdirs",
    "packaging",
    "PyYAML",
    "psutil",
    "typing_extensions",
    "typing_inspect",
    "mypy_extensions",
    "importlib_resources",
)
"""What it needs, without what it only asks for (``pip install --no-deps``)."""

STEPS = {
    "plot": "manager.maybe_start_new_plot(cfg.directories, cfg.scheduling, cfg.plotting, cfg.logging)",
    "archive": "archive.spawn_archive_process("
    "cfg.directories, cfg.archiving, cfg.logging, job.Job.get_running_jobs(cfg.logging.plots))",
}

LOOP = """
import contextlib, importlib.resources, io, os, resource, sys, warnings
warnings.simplefilter("ignore")
from plotman import archive, configuration, job, manager, resources
path = os.environ["PLOTMAN_YAML"]
targets = importlib.resources.read_text(resources, "target_definitions.yaml")
cfg = configuration.get_validated_configs(
    configuration.read_configuration_text(path), path, targets)
def spent():
    every = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in every)
with cfg.setup():
    for _ in sys.stdin:
        before = spent()
        with contextlib.redirect_stdout(io.StringIO()):
            said = {step}
        print(f"{{(spent() - before) * 1000:.1f}} {{said}}", flush=True)
"""
"""CPU of the process and of the children that it waited for: it asks for free room by a script.

By getrusage(2), whose sum is as exact as the kernel's own: times(2) counts in hundredths of a second.
"""


def environment() -> Path:
    """Its Python, in an environment that is made once and kept with the user's caches."""
    home = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "plotman-benchmarks" / "original"
    )
    python = home / "bin" / "python"
    if not (home / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", *PACKAGES]
        subprocess.run(install, check=True)
        (home / "made").touch()
    return python


class Original:
    """Its two loops on a crowd's farm, with the same limits."""

    def __init__(self, crowd: Crowd) -> None:
        config = crowd.root / "plotman.yaml"
        config.write_text(_config(crowd))
        # It finds a job's log by the files that the job has open below this folder.
        env = {**os.environ, "PLOTMAN_YAML": str(config)}
        python = str(environment())
        self._loops = [
            spawn([python, "-c", LOOP.format(step=step)], env=env, cwd=str(crowd.root))
            for step in STEPS.values()
        ]

    @staticmethod
    def command(crowd: Crowd, *words: str) -> tuple[list[str], dict[str, str]]:
        """One of its commands on that farm: (argv, environment)."""
        config = crowd.root / "config" / "plotman" / "plotman.yaml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(_config(crowd))
        argv = [str(environment().parent / "plotman"), *words]
        return argv, {**os.environ, "XDG_CONFIG_HOME": str(crowd.root / "config")}

    def tick(self) -> float:
        """One step of each; CPU in ms of both."""
        return sum(self._step(loop) for loop in self._loops)

    def close(self) -> None:
        """End them."""
        for loop in self._loops:
            assert loop.stdin is not None
            loop.stdin.close()
            loop.wait()

    @staticmethod
    def _step(loop: subprocess.Popen[str]) -> float:
        assert loop.stdin is not None and loop.stdout is not None
        loop.stdin.write("\n")
        loop.stdin.flush()
        cost, _, said = loop.stdout.readline().partition(" ")
        if os.environ.get("BENCHMARK_SHOW"):
            print(said.strip(), file=sys.stderr)
        return float(cost)


def _config(crowd: Crowd) -> str:
    """Its configuration: as many jobs as run are allowed, and its own way to local disks, of which none has room."""

    def lines(indent: str, words: list[str]) -> str:
        return "".join(f"{indent}- {word}\n" for word in words)

    return f"""version: [2]
logging:
  plots: {crowd.root}/logs
  transfers: {crowd.root}/transfers
  application: {crowd.root}/plotman.log
user_interface: {{use_stty_size: false}}
commands: {{interactive: {{autostart_plotting: true, autostart_archiving: true}}}}
directories:
  tmp:
{lines("  ", crowd.tmps)}  dst:
{lines("  ", crowd.dsts)}archiving:
  target: local_rsync
  env: {{command: rsync, site_root: {crowd.root}/farm}}
scheduling:
  global_max_jobs: {crowd.most}
  tmpdir_max_jobs: {crowd.per_tmp}
  tmpdir_stagger_phase_major: 4
  tmpdir_stagger_phase_minor: 0
  tmpdir_stagger_phase_limit: 999
  global_stagger_m: 0
  polling_time_s: 20
plotting: {{type: chia, farmer_pk: "{"a" * 96}", pool_pk: "{"a" * 96}", chia: {{k: 32}}}}
"""
