"""What farmers' answers mean: how long they count, and what is asked of whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.farmer import Farmer
from reconciler.inquiry import Answer, Found, Heard, Question, Volume
from reconciler.machine import LocalMachine
from reconciler.machine.files import Filesystem
from reconciler.machine.listings import Listings
from reconciler.machine.mounts import Mounts
from reconciler.observe.conditions import of_farmers
from reconciler.observe.farms import Farms
from reconciler.observe.remotes import Remotes
from reconciler.plotters import Plotters
from reconciler.spec.loading import parse
from reconciler.spec.models import Spec
from reconciler.state import Absent, Fact, Instant, Known, Space, Transfer, Unknown
from reconciler.transports.names import part_name
from reconciler.world import Stat

NOW = Instant(1_800_000_000.0, 50_000.0, "boot")
NAME = f"plot-k32-2026-01-01-00-00-{'ab' * 32}.plot"
VOLUME = Volume(device="/dev/sdb1", free=10, total=20, writable=True, plots=3)


class Telephone:
    """Says what it is told to, and keeps what it was asked."""

    def __init__(self, heard: Mapping[str, Heard]) -> None:
        self._heard = heard
        self.asked: Sequence[Question] = ()

    def hear(
        self, questions: Sequence[Question], *, wake: str = "", kicked: float = 0.0
    ) -> Mapping[str, Heard]:
        self.asked = questions
        return {
            question.farmer: self._heard.get(question.farmer, Heard(answer=None)) for question in questions
        }


def _spec(*farmers: str) -> Spec:
    lines = [
        "version: 3",
        "directories: {tmp: /tmp1, logs: /l}",
        "archive:",
        *(f"- {each}" for each in farmers),
    ]
    return parse("\n".join(lines), "spec").spec


def _before(seconds: float) -> Instant:
    return replace(NOW, at=NOW.at - seconds, up=NOW.up - seconds)


def _answer(volume: Fact[Volume] = Known(VOLUME), *, old: float = 8.0, path: str = "/farm/0") -> Answer:  # noqa: B008
    return Answer(asked=_before(old), seek=(NAME,), volumes={path: volume})


def _ask(telephone: Telephone, *farmers: str) -> Mapping[str, Farmer]:
    spec = _spec(*farmers)
    return Remotes(telephone, Plotters.load(), "").look(spec, [NAME], NOW, 0.0)


FAR = "{name: far, host: far.lan, disks: /farm/*}"


def test_an_answer_is_told_with_the_moment_of_its_question() -> None:
    farmer = _ask(Telephone({"far": Heard(answer=_answer())}), FAR)["far"]
    assert isinstance(farmer.disks, Known)
    assert farmer.asked == _before(8.0)
    assert farmer.sought == (NAME,)
    assert farmer.disks.value[0].count == 3


@pytest.mark.parametrize(("old", "counts"), [(119.0, True), (121.0, False)])
def test_an_answer_counts_until_its_age_then_the_farmer_is_unknown(old: float, counts: bool) -> None:
    heard = Heard(answer=_answer(old=old), trouble="far.lan: connection refused", kind="away")
    farmer = _ask(Telephone({"far": heard}), FAR)["far"]
    assert isinstance(farmer.disks, Known) is counts
    if isinstance(farmer.disks, Unknown):
        assert "connection refused" in farmer.disks.why
        assert "2m" in farmer.disks.why


def test_a_longer_tick_lets_answers_count_longer() -> None:
    spec = parse(
        f"version: 3\ndirectories: {{tmp: /t1, logs: /l}}\nscheduling: {{tick: 60s}}\narchive: [{FAR}]",
        "spec",
    ).spec
    telephone = Telephone({"far": Heard(answer=_answer(old=350.0))})
    farmer = Remotes(telephone, Plotters.load(), "").look(spec, [], NOW, 0.0)["far"]
    assert isinstance(farmer.disks, Known)


def test_a_farmer_that_never_answered_is_unknown_and_looked_for_nothing() -> None:
    farmer = _ask(Telephone({}), FAR)["far"]
    assert isinstance(farmer.disks, Unknown)
    assert farmer.sought == ()


@pytest.mark.parametrize("volume", [Absent("is not mounted"), Unknown("did not answer")])
def test_a_disk_of_which_nothing_is_known_costs_only_itself(volume: Fact[Volume]) -> None:
    farmer = _ask(Telephone({"far": Heard(answer=_answer(volume))}), FAR)["far"]
    assert isinstance(farmer.disks, Known)
    assert farmer.disks.value[0].space == volume
    assert {"DiskAbsent", "DiskUnknown"} & {each.type for each in of_farmers([farmer], "here", [], [], NOW)}


def test_devices_of_two_farmers_are_never_one_and_of_one_host_always() -> None:
    telephone = Telephone({name: Heard(answer=_answer(path=f"/{name}")) for name in ("a", "b", "c")})
    farmers = _ask(
        telephone,
        "{name: a, host: far.lan, disks: /a}",
        "{name: b, host: far.lan, disks: /b}",
        "{name: c, host: other.lan, disks: /c}",
    )
    devices = []
    for farmer in farmers.values():
        assert isinstance(farmer.disks, Known)
        space = farmer.disks.value[0].space
        assert isinstance(space, Known)
        devices.append(space.value.device)
    assert devices[0] == devices[1] != devices[2]


def test_parts_of_every_habit_take_room_by_their_final_size_and_age_by_the_farmers_clock() -> None:
    parts = (
        Found(f".{NAME}.108000000000.other%2Elan.part", 7, 30.0),
        Found(f".{NAME}.Xy12zZ", 9, None),
        Found("notes.txt", 5, 1.0),
    )
    farmer = _ask(Telephone({"far": Heard(answer=_answer(Known(replace(VOLUME, parts=parts))))}), FAR)["far"]
    assert isinstance(farmer.disks, Known)
    ours, foreign = farmer.disks.value[0].parts
    assert (ours.bytes, ours.done, ours.host, ours.modified) == (
        108_000_000_000,
        7,
        "other.lan",
        NOW.at - 38.0,
    )
    assert foreign.bytes > 108_000_000_000
    assert foreign.modified == NOW.at - 8.0, "of unknown age counts as fresh"


@pytest.mark.parametrize(
    ("farmer", "by"),
    [
        (FAR, "shell"),
        ("{name: far, host: far.lan, disks: /farm/*, transport: sftp}", "sftp"),
        (
            "{name: far, host: far.lan, disks: /farm/0, transport: {kind: rsyncd, module: m, root: /farm}}",
            "shell",
        ),
        (
            "{name: far, host: far.lan, disks: /farm/0, "
            "transport: {kind: rsyncd, module: m, root: /farm, ssh: false, capacity: 1TB}}",
            "daemon",
        ),
        (
            "{name: far, host: far.lan, disks: /farm/0, "
            "transport: {kind: command, argv: [cp, '{source}', '{target}']}}",
            "shell",
        ),
    ],
)
def test_a_farmer_is_asked_by_what_it_offers(farmer: str, by: str) -> None:
    telephone = Telephone({})
    _ask(telephone, farmer)
    (question,) = telephone.asked
    assert question.by == by
    assert question.seek == (NAME,)


def test_a_program_without_ssh_is_not_asked_and_its_room_is_its_own() -> None:
    telephone = Telephone({})
    farmer = _ask(
        telephone,
        "{name: sink, host: far.lan, disks: /farm/0, transport: "
        "{kind: command, ssh: false, argv: [send, '{source}'], verify: [check, '{plot}']}}",
    )["sink"]
    assert not telephone.asked
    assert isinstance(farmer.disks, Known)
    assert farmer.disks.value[0].boundless


def test_trouble_is_told_while_the_last_answer_still_counts() -> None:
    heard = Heard(answer=_answer(), trouble="far.lan: no route to host", kind="away", next_at=NOW.at + 10)
    farmer = _ask(Telephone({"far": heard}), FAR)["far"]
    (told,) = of_farmers([farmer], "here", [], [], NOW)
    assert told.type == "FarmerAway"
    assert "no route" in told.message
    assert "8s old" in told.message


def test_a_part_that_another_host_left_behind_is_told_with_the_way_out() -> None:
    part = Found(f".{NAME}.108000000000.other.part", 7, 7 * 3600.0)
    heard = Heard(answer=_answer(Known(replace(VOLUME, parts=(part,)))))
    (told,) = of_farmers([_ask(Telephone({"far": heard}), FAR)["far"]], "here", [], [], NOW)
    assert told.type == "PartStale"
    assert "plotman clean --farmer far" in told.message


@pytest.mark.parametrize(
    ("ended", "left"), [(9.0, True), (7.0, False), (0.0, False), (-5.0, True), (None, False)]
)
def test_a_part_of_a_plot_that_moved_when_its_farmer_was_asked_is_not_left_behind(
    ended: float | None, left: bool
) -> None:
    """ended: seconds before now; None: it moves still. The answer is 8 s old."""
    part = Found(f".{NAME}.108000000000.here.part", 7, 7.0)
    farmer = _ask(Telephone({"far": Heard(answer=_answer(Known(replace(VOLUME, parts=(part,)))))}), FAR)[
        "far"
    ]
    transfer = Transfer(
        id="eeeeeeeeeeee", plot=NAME, source="/dst", farmer="far", disk="/farm/0", bytes=7, since=_before(60.0),
        outcome="running" if ended is None else "finished",
        ended=None if ended is None else NOW.at - ended, log="/l",
    )  # fmt: skip
    told = of_farmers([farmer], "here", [], [transfer], NOW)
    assert [each.type for each in told] == ["PartLeft"] * left


class Sick(Filesystem):
    """Of no file of a farm's disk can anything be told but its name."""

    def stat(self, path: str) -> Fact[Stat]:
        return Unknown("input/output error")


@pytest.mark.parametrize("name", [NAME, part_name(NAME, 1000, "other.lan")])
def test_a_disk_on_which_what_stands_cannot_be_told_is_unknown(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"plot")
    mounts = Mounts()
    spec = _spec(f"{{name: farm, disks: {tmp_path}, mount: false}}")
    told: list[Fact[Space]] = []
    for filesystem in (Filesystem, Sick):
        machine = LocalMachine(mounts=mounts, filesystem=filesystem(Listings(mounts.dates)))
        disks = Farms(machine, Plotters.load()).look(spec, [NAME], machine.now())["farm"].disks
        assert isinstance(disks, Known)
        told += [disk.space for disk in disks.value]
    assert isinstance(told[0], Known)
    assert told[1] == Unknown(f"{name}: input/output error")
