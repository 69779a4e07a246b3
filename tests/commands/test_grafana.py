"""The Grafana dashboard asks for metrics that a loop's page has, in words that Prometheus takes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .conftest import Scratch

DASHBOARD: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "examples" / "prometheus" / "grafana.json").read_text()
)
PARTS = {"counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]]


def test_every_metric_that_is_asked_for_is_on_the_page(scratch: Scratch) -> None:
    page = scratch.root / "plotman.prom"
    assert scratch.run("apply", "--once", "--metrics-textfile", page).code == 0
    families = re.findall(r"^# TYPE (\w+) (\w+)$", page.read_text(), re.MULTILINE)
    names = {f"{name}{part}" for name, kind in families for part in PARTS[kind]}
    variables = [variable.get("definition", "") for variable in DASHBOARD["templating"]["list"]]
    asked = {name for text in (*EXPRESSIONS, *variables) for name in re.findall(r"\bplotman_\w+", text)}
    assert len(asked) > 15
    assert asked <= names


def test_grafana_has_what_it_needs() -> None:
    assert DASHBOARD["uid"] == "plotman"
    assert DASHBOARD["schemaVersion"] >= 36
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    for panel in PANELS:
        assert panel["title"]
        assert panel["description"]
        assert panel["targets"]
        for one in (panel, *panel["targets"]):
            assert one["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    every = DASHBOARD["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    taken: set[tuple[int, int]] = set()
    for panel in every:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert at["x"] + at["w"] <= 24
        assert taken.isdisjoint(cells), panel["title"]
        taken |= cells


def test_every_question_is_about_the_chosen_hosts() -> None:
    for text in EXPRESSIONS:
        for name, after in re.findall(r"\b(plotman_\w+)(\{[^}]*\})?", text):
            divisor = name.endswith(("_total_bytes", "_promised_bytes"))
            assert "$instance" in after or divisor, text


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool is installed")
def test_prometheus_understands_every_question(tmp_path: Path) -> None:
    rules = [
        {"record": f"asked:{number}", "expr": text.replace("$instance", ".*")}
        for number, text in enumerate(EXPRESSIONS)
    ]
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "asked", "rules": rules}]}))
    told = subprocess.run(
        ["promtool", "check", "rules", "--lint=none", file], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout + told.stderr
