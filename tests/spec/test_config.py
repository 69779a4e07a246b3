"""`plotman config`, as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler import documents
from reconciler.commands.config import SCHEMAS

GOOD = "version: 3\ndirectories: {tmp: TMP, logs: /var/log/plotman}\n"


class Shell:
    """A home directory of its own, and plotman run in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.env = {"HOME": str(home), "PATH": os.environ["PATH"], "XDG_CONFIG_HOME": str(home / "config")}

    def __call__(self, *arguments: str, code: int = 0, folder: str = ".") -> tuple[str, str]:
        command = [sys.executable, "-m", "reconciler", "config", *arguments]
        root = Path(__file__).parents[2]
        done = subprocess.run(
            command,
            cwd=self.home / folder,
            env=self.env | {"PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout, done.stderr

    def write(self, name: str, text: str) -> str:
        (self.home / name).parent.mkdir(parents=True, exist_ok=True)
        (self.home / name).write_text(text)
        return name


@pytest.fixture
def config(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_generate_writes_a_valid_spec_and_never_overwrites_one(config: Shell) -> None:
    place = config("generate")[0].strip()
    assert place == config("path")[0].strip() == str(config.home / "config/plotman/plotman.yaml")
    first = Path(place).read_text()
    assert config("validate")[0] == "1 valid\n"
    Path(place).write_text("mine")
    assert "--force overwrites it" in config("generate", code=1)[1]
    assert Path(place).read_text() == "mine"
    config("generate", "--force")
    assert Path(place).read_text() == first
    assert [entry.name for entry in Path(place).parent.iterdir()] == ["plotman.yaml"]
    assert config("generate", "-")[0] == first


def test_the_spec_is_the_one_given_else_the_variable_else_the_place(config: Shell) -> None:
    config.env["PLOTMAN_SPEC"] = "/from/env.yaml"
    assert config("path") == ("/from/env.yaml\n", "")
    assert config("path", "-f", "given.yaml") == ("given.yaml\n", "")


def test_validate_names_all_faults_of_all_files(config: Shell) -> None:
    good = config.write("good.yaml", GOOD.replace("TMP", "/a"))
    one = config.write("one.yaml", "version: 3\nscheduling: {tick: 20}\n")
    two = config.write("two.yaml", "version: 2\n")
    told = config("validate", good, one, two, "none.yaml", code=65)[1].splitlines()
    assert [line.partition(": ")[0] for line in told] == [
        "one.yaml:1:1",
        "one.yaml:2:20",
        "two.yaml:1:10",
        "none.yaml",
    ]
    found = json.loads(config("validate", one, "--json", code=65)[0])
    assert [(problem["line"], problem["rule"]) for problem in found] == [(1, "missing-key"), (2, "duration")]


def test_validate_live_looks_at_the_directories(config: Shell) -> None:
    (config.home / "there").mkdir()
    (config.home / "also").mkdir()
    tmp = f"[{config.home}/there, {config.home}/also, {config.home}/gone]"
    name = config.write("spec.yaml", GOOD.replace("TMP", tmp))
    told = config("validate", name, "--live", code=65)[1].splitlines()
    assert [line.rpartition(" [")[2].removesuffix(" warning") for line in told] == ["one-device]", "live]"]
    assert "gone: " in told[1]
    assert "are on" not in config("validate", name)[1]


def test_validate_live_looks_at_the_log_directory_which_need_not_be_there_yet(config: Shell) -> None:
    (config.home / "tmp").mkdir()
    spec = GOOD.replace("TMP", f"{config.home}/tmp").replace("/var/log/plotman", f"{config.home}/logs")
    name = config.write("spec.yaml", spec)
    assert config("validate", name, "--live")[1] == ""
    (config.home / "logs").write_text("a file")
    (told,) = config("validate", name, "--live", code=65)[1].splitlines()
    assert "directories.logs: " in told
    assert "is not a directory" in told


def test_show_tells_each_values_origin_and_no_key(config: Shell) -> None:
    text = GOOD.replace("TMP", "/a") + "plotting: {keys: {farmer: " + "ab" * 48 + "}}\nspace: {floor: 30GB}\n"
    name = config.write("spec.yaml", text)
    rows = [line.rsplit("  ", 1) for line in config("show", "-f", name, "--origin")[0].splitlines()]
    origins = {value.strip(): place for value, place in rows}
    assert origins["space.floor: 30GB"] == "spec.yaml:4"
    assert origins["space.resume: 60GB"] == "default"
    assert origins["directories.logs.path: /var/log/plotman"] == "spec.yaml:2"
    assert origins["directories.tmp[0]: /a"] == "spec.yaml:2"
    assert "ab" * 5 not in config("show", "-f", name)[0] + "".join(origins)


@pytest.fixture
def repository(config: Shell) -> Shell:
    """A base, and two hosts that extend it."""
    config.write("base.yaml", GOOD.replace("TMP", "/a") + "scheduling: {max_jobs: 4}\n")
    for name in ("h01", "h02"):
        config.write(f"hosts/{name}.yaml", f"extends: ../base.yaml\nhost: {{name: {name}}}\n")
    return config


def test_show_prints_a_host_of_the_repository_from_wherever_in_it(repository: Shell) -> None:
    shown = repository("show", "--host", "h02")[0]
    assert "name: h02" in shown
    assert "max_jobs: 4" in shown
    assert "extends" not in shown
    (repository.home / "groups/more").mkdir(parents=True)
    assert repository("show", "--host", "h02", folder="groups/more")[0] == shown
    assert repository("show", "--host", "h02", folder="hosts")[0] == shown
    (repository.home.parent / "elsewhere").mkdir()
    base = str(repository.home / "base.yaml")
    assert repository("show", "--host", "h02", "-f", base, folder="../elsewhere")[0] == shown
    assert "did you mean h0" in repository("show", "--host", "h03", code=64)[1]


def test_show_tells_the_file_of_each_value(repository: Shell) -> None:
    rows = repository("show", "--host", "h01", "--origin")[0].splitlines()
    origins = dict(line.rsplit(maxsplit=1) for line in rows)
    assert origins["host.name: h01"] == "hosts/h01.yaml:2"
    assert origins["scheduling.max_jobs: 4"] == "base.yaml:3"
    assert origins["scheduling.tick: 20s"] == "default"


def test_validate_names_a_fault_that_many_share_once(repository: Shell) -> None:
    hosts = ("hosts/h01.yaml", "hosts/h02.yaml")
    assert repository("validate", *hosts) == ("2 valid\n", "")
    base = GOOD.replace("TMP", "[b, /a]") + "plotting: {options: {thread: 1}}\n"
    repository.write("base.yaml", base)
    # Its directory comes first, so that the faulty one has another number in this host's list.
    repository.write("first.yaml", "directories: {tmp: [/c]}\n")
    repository.write(hosts[0], "extends: [../first.yaml, ../base.yaml]\nhost: {name: h01}\n")
    told = repository("validate", *hosts, code=65)[1].splitlines()
    assert [line.partition(": ")[0] for line in told] == ["base.yaml:2:21"]
    repository.write("base.yaml", base.replace("[b,", "[/b,"))
    told = repository("validate", *hosts, code=65)[1].splitlines()
    assert [line.partition(": ")[0] for line in told] == ["base.yaml:3:30"]


def test_validate_minds_the_hosts_names(repository: Shell) -> None:
    repository.write("hosts/h03.yaml", "extends: ../base.yaml\nhost: {name: h02}\n")
    repository.write("other/h04.yaml", "extends: ../base.yaml\nhost: {name: h05}\n")
    files = ("hosts/h01.yaml", "hosts/h02.yaml", "other/h04.yaml")
    assert repository("validate", *files, *files)[1] == ""
    told = repository("validate", "hosts/h02.yaml", "hosts/h03.yaml", code=65)[1].splitlines()
    assert [line.rpartition(" [")[2] for line in told] == ["host-name] warning", "duplicate-name]"]
    assert all(line.startswith("hosts/h03.yaml:2:14: host.name: h02 is ") for line in told)
    assert repository("validate", "hosts/h03.yaml")[1].endswith("[host-name] warning\n")


def test_migrate_writes_the_spec_and_tells_the_rest(config: Shell) -> None:
    old = config.write(
        "old.yaml", "directories: {log: /l, tmp: [/a]}\nuser_interface: {use_stty_size: True}\n"
    )
    out, told = config("migrate", old)
    assert out == "version: 3\ndirectories:\n  tmp:\n    - /a\n  logs: /l\n"
    assert told.startswith("old.yaml:2:1: user_interface: is not carried over")
    config("migrate", old, "-o", "new.yaml")
    assert (config.home / "new.yaml").read_text() == out
    assert "exists" in config("migrate", old, "-o", "new.yaml", code=1)[1]
    assert "no-plotman-yaml" in config("migrate", "new.yaml", code=65)[1]


def test_schema_prints_each_published_schema(config: Shell) -> None:
    assert sorted(SCHEMAS) == sorted(documents.NAMES)
    for name in documents.NAMES:
        published = (Path(__file__).parents[2] / f"schemas/{name}.schema.json").read_text()
        assert json.loads(config("schema", name)[0]) == json.loads(published)
