"""What becomes of the archive of a plotman.yaml of versions 0 to 2.

Version 0 has one way: an rsync daemon on port 12000 of `rsyncd_host`, whose module stands for `rsyncd_path`, and
ssh to ask for its room. Later versions name a `target`: `local_rsync`, `rsyncd` (both with an `env` of their own
settings), or one of `target_definitions`, which are the owner's scripts. All of them take every mount below
their root as a disk, fill the first one first, and move one plot at a time.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reconciler.spec import old_keys, units
from reconciler.spec.farmers import Archive
from reconciler.spec.judge import ValidationError, judged
from reconciler.spec.tree import Path, Value

OLD_PORT = 12000
"""Of version 0's rsync daemon."""

USUAL_OPTIONS = "--bwlimit=80000"
"""What target rsyncd gives rsync where env.options is left out, as far as it has a meaning here."""

_HABITS: Mapping[str, Value] = {"order": "fullest", "limits": {"transfers": 1}}
"""One disk after the other, and one plot at a time."""

_DEEPER = "is carried over as {disks}: each mount one level below it is a disk; list those that lie deeper"
KEYS = frozenset(
    {"target", "env", "target_definitions", "index"}
    | {f"rsyncd_{key}" for key in ("module", "path", "host", "user", "bwlimit")}
)
"""What an archive's section can hold, and is dealt with here."""

_SECRET = re.compile("pass|secret|token|key", re.IGNORECASE)
_INDEX = "nobody needs it: plotters see one another's plots on the way to a disk, and take turns"
_SETTLED = re.compile(
    r"--(preallocate|remove-source-files|whole-file|skip-compress(=.*)?|partial|progress|inplace|info=.*|archive|"
    r"times)|-[aPtvWh]+|plot"
)
"""Options of rsync that ask for what is done anyway, or make no difference to a plot."""


@dataclass(slots=True)
class Farm:
    """The spec's farmer, as far as it can be said.

    entry: the farmer; empty: none could be made. taken: old keys, and where in the entry they went.
    left, changed: old keys that are not carried over, or say something else now, with the reason.
    """

    entry: dict[str, Value] = field(default_factory=dict)
    taken: list[tuple[Path, Path]] = field(default_factory=list)
    left: list[tuple[Path, str]] = field(default_factory=list)
    changed: list[tuple[Path, str]] = field(default_factory=list)


def of_version_0(archive: Mapping[str, Value]) -> Farm:
    """The farmer of `directories.archive`."""
    settings = {
        "site": archive.get("rsyncd_module"),
        "site_root": archive.get("rsyncd_path"),
        "host": archive.get("rsyncd_host"),
        "user": archive.get("rsyncd_user"),
        "rsync_port": OLD_PORT,
        "options": f"--bwlimit={archive['rsyncd_bwlimit']}" if archive.get("rsyncd_bwlimit") else "",
    }
    old = {"site": "module", "site_root": "path", "options": "bwlimit"}

    def place(key: str) -> Path:
        return (f"rsyncd_{old.get(key, key)}",)

    farm = _rsyncd(settings, place)
    return _usable(farm, archive)


def of_target(archiving: Mapping[str, Value]) -> Farm:
    """The farmer of `archiving`."""
    target = archiving.get("target")
    definitions = _mapping(archiving.get("target_definitions"))
    env = _mapping(archiving.get("env"))
    if isinstance(target, str) and target in definitions:
        farm = _custom(target, _mapping(definitions[target]), env)
    elif target == "local_rsync":
        farm = _local(env, _in_env)
    elif target == "rsyncd":
        farm = _rsyncd({"options": USUAL_OPTIONS, "rsync_port": 873, **env}, _in_env)
    else:
        why = "is none of local_rsync, rsyncd and target_definitions; write archive, as the examples show"
        farm = Farm(left=[(("target",), f"{target} {why}" if target is not None else f"no target {why}")])
    for name in definitions:
        if name != target:
            farm.left.append((("target_definitions", name), f"the target in use is {target}"))
    return _usable(farm, archiving)


def _local(env: Mapping[str, Value], place: Callable[[str], Path]) -> Farm:
    farm = Farm()
    if not _root(farm, env, place):
        return farm
    farm.entry = {"name": "farm", "disks": farm.entry["disks"], "mount": True, **_HABITS}
    _options(farm, env.get("options"), place("options"))
    if env.get("command", "rsync") != "rsync":
        farm.left.append((place("command"), "plots go to disks of this machine without another program"))
    _others(farm, env, ("site_root", "command", "options"), place)
    return farm


def _rsyncd(env: Mapping[str, Value], place: Callable[[str], Path]) -> Farm:
    farm = Farm()
    for key in ("host", "site"):
        if not isinstance(env.get(key), str):
            farm.left.append((place(key), "is missing; without it there is no farmer to write down"))
    if not _root(farm, env, place) or farm.left:
        farm.entry = {}
        return farm
    root = units.parse_path(env["site_root"])
    transport: dict[str, Value] = {"kind": "rsyncd", "module": env["site"], "root": root}
    login: dict[str, Value] = {"host": env["host"]}
    if isinstance(env.get("user"), str):
        login["user"] = transport["user"] = env["user"]
    _number(farm, env, "rsync_port", transport, place, usual=873)
    _number(farm, env, "ssh_port", login, place, usual=22)
    if env.get("command", "rsync") != "rsync":
        transport["executable"] = str(env["command"])
    farm.entry = {"name": "farm", **login, "disks": farm.entry["disks"], **_HABITS, "transport": transport}
    _options(farm, env.get("options"), place("options"))
    farm.taken += [(place(key), (key,)) for key in ("host", "user")]
    known = ("site_root", "site", "host", "user", "command", "options", "rsync_port", "ssh_port")
    _others(farm, env, known, place)
    return farm


def _custom(target: str, definition: Mapping[str, Value], own: Mapping[str, Value]) -> Farm:
    """A target of scripts: what they are called with can be said, not what they do."""
    farm = Farm()
    env = {**_mapping(definition.get("env")), **own}
    where: Path = ("target_definitions", target)
    program = definition.get("transfer_path")
    if not isinstance(program, str):
        why = (
            "its transfer_script has to be a file of its own: save it, and write archive with "
            "transport: {kind: command, argv: [/the/file, '{source}', '{target}']}"
        )
        farm.left.append((where, why))
        return farm
    if any("{" in str(value) for value in (*env.values(), program)):
        farm.left.append((where, "a value in env holds a brace, which argv would take for a placeholder"))
        return farm
    if not _root(farm, env, _in_env):
        why = "which disks there are only its disk_space_script knows; write archive, and list them as disks"
        farm.left = [(where, why)]
        return farm
    login: dict[str, Value] = {
        key: value for key in ("host", "user") if isinstance(value := env.get(key), str)
    }
    if "host" not in login:
        # A pattern means something only where somebody can be asked what it stands for.
        why = (
            "its env names no host that could be asked for its disks; write archive, list the disks, and give "
            "the command a verify"
        )
        return Farm(left=[(where, why)])
    _number(farm, env, "ssh_port", login, _in_env, usual=22)
    secret = [key for key in env if _SECRET.search(key)]
    for key in secret:
        farm.left.append(
            (_in_env(key), "a secret has no place on a command line; let the program read a file")
        )
    given = [f"{key}={value}" for key, value in env.items() if value is not None and key not in secret]
    argv: list[Value] = ["/usr/bin/env", *given, "source={source}", "destination={target}", program]
    farm.entry = {
        "name": re.sub(r"[^A-Za-z0-9._-]+", "-", target).lstrip("._-") or "farm",
        **login,
        "disks": farm.entry["disks"],
        **_HABITS,
        "transport": {"kind": "command", "argv": argv},
    }
    said = (
        f"is carried over as a command that is given what {program} was given. It must only copy: the plot here is "
        "removed by plotman itself, once it has been seen to stand whole at the farmer. Room is asked for by ssh"
    )
    farm.changed.append((where, said))
    return farm


def _in_env(key: str) -> Path:
    return ("env", key)


def _mapping(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, dict) else {}


def _root(farm: Farm, env: Mapping[str, Value], place: Callable[[str], Path]) -> bool:
    """Make disks of the folder that they are mounted below; whether that could be done."""
    value = env.get("site_root")
    try:
        disks = f"{units.parse_path(value).rstrip('/')}/*"
    except ValueError as error:
        said = "is missing; without it no disks are known" if value is None else str(error)
        farm.left.append((place("site_root"), said))
        return False
    farm.entry["disks"] = disks
    farm.taken.append((place("site_root"), ("disks",)))
    farm.changed.append((place("site_root"), _DEEPER.format(disks=disks)))
    return True


def _number(
    farm: Farm,
    env: Mapping[str, Value],
    key: str,
    holder: dict[str, Value],
    place: Callable[[str], Path],
    usual: int,
) -> None:
    """Carry over a port that is not the usual one."""
    try:
        port = old_keys.whole(env.get(key) or usual)
    except ValueError as error:
        farm.left.append((place(key), str(error)))
        return
    if port != usual:
        holder["port"] = port


def _options(farm: Farm, options: Value, place: Path) -> None:
    """Carry over rsync's --bwlimit, and name what is not done anyway."""
    try:
        words = shlex.split(str(options or "").replace("--bwlimit ", "--bwlimit="))
    except ValueError:
        farm.left.append((place, "it is no list of options"))
        return
    others = []
    for word in words:
        limit = re.fullmatch(r"--bwlimit=([0-9]+(?:\.[0-9]+)?)([KkMmGg]?)([Bb]?)", word)
        if limit is None:
            if _SETTLED.fullmatch(word) is None:
                others.append(word)
        elif float(limit[1]):
            # rsync counts in KiB where it is given no unit.
            unit = (limit[2] or "K").upper()
            rate = f"{limit[1]}{unit}{'B' if limit[3] else 'iB'}/s"
            transport = farm.entry.setdefault("transport", {"kind": "local"})
            assert isinstance(transport, dict)
            transport["bandwidth"] = rate
            farm.taken.append((place, ("transport", "bandwidth")))
    if others:
        farm.left.append((place, f"there is nothing like {' '.join(others)} here"))


def _others(
    farm: Farm, env: Mapping[str, Value], known: tuple[str, ...], place: Callable[[str], Path]
) -> None:
    for key, value in env.items():
        if key not in known and value is not None:
            farm.left.append((place(key), "no transport has such a setting"))


def _usable(farm: Farm, section: Mapping[str, Value]) -> Farm:
    """The same, without a farmer that the spec would not take."""
    if section.get("index") is not None:
        farm.left.append((("index",), _INDEX))
    try:
        judged(Archive, farm.entry)
    except ValidationError as error:
        key = error.errors()[0]["loc"][0]
        if farm.entry:
            farm.left.insert(
                0, ((), f"its values make no farmer: no {key} can be as given; write archive anew")
            )
        farm.entry = {}
    return farm
