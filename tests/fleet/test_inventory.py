"""The fleet as Ansible and Prometheus read it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import UsageError
from reconciler.fleet import inventory
from reconciler.fleet.members import Member
from reconciler.spec.judge import judged
from reconciler.spec.models import Spec


def member(name: str, labels: Mapping[str, str] | None = None, **host: object) -> Member:
    document = {
        "version": 3,
        "host": {"name": name, "labels": dict(labels or {}), **host},
        "directories": {"tmp": ["/t"], "logs": "/logs"},
    }
    return Member(name, f"hosts/{name}.yaml", judged(Spec, document), "")


def test_ansible_gets_each_label_as_a_group_and_how_hosts_are_reached() -> None:
    found = inventory.ansible(
        [member("h01", {"ring": "canary"}, address="h01.lan", user="chia", port=2222), member("h02")]
    )
    assert found["all"] == {"hosts": ["h01", "h02"]}
    assert found["ring_canary"] == {"hosts": ["h01"]}
    assert found["_meta"]["hostvars"]["h01"] == {
        "ansible_host": "h01.lan",
        "ansible_user": "chia",
        "ansible_port": 2222,
        "plotman_file": "hosts/h01.yaml",
        "plotman_labels": {"ring": "canary"},
    }
    assert found["_meta"]["hostvars"]["h02"]["ansible_host"] == "h02"


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ({"site": "a.b"}, "site=a-b and site=a.b would be one Ansible group, site_a_b"),
        ({"ring": "{{ lookup('pipe', 'id') }}"}, "for a template"),
    ],
)
def test_what_ansible_would_take_otherwise_is_refused(labels: dict[str, str], told: str) -> None:
    with pytest.raises(UsageError, match=re.escape(told)):
        inventory.ansible([member("h01", {"site": "a-b"}), member("h02", labels)])


def test_prometheus_gets_a_target_a_host() -> None:
    assert inventory.prometheus([member("h01", {"rack-no": "7"}, address="::1"), member("h02")], 9100) == [
        {"targets": ["[::1]:9100"], "labels": {"host": "h01", "rack_no": "7"}},
        {"targets": ["h02:9100"], "labels": {"host": "h02"}},
    ]
    with pytest.raises(UsageError, match="would be one Prometheus label, rack_no"):
        inventory.prometheus([member("h01", {"rack-no": "7", "rack.no": "8"})], 9100)


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)


@given(st.dictionaries(NAMES, st.text(max_size=5), max_size=4))
def test_every_name_is_one_that_they_take(labels: dict[str, str]) -> None:
    try:
        groups = inventory.ansible([member("h01", labels)])
        targets = inventory.prometheus([member("h01", labels)], 1)
    except UsageError:
        return
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", name) for name in groups)
    (target,) = targets
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) for name in target["labels"])
    assert target["labels"]["host"] == "h01" and len(target["labels"]) == len(labels) + 1
