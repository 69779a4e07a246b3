"""What a farmer's shell is asked: one script of POSIX sh, one round trip.

It is written for dash, bash, ksh and BusyBox, with the tools of GNU, BusyBox, the BSDs and macOS. Each disk is
looked at by a subshell of its own, so one that hangs holds up none of the others; each line is one printf, which
begins with its disk's number, and each disk has a line of its own at its end. `reply` reads the answer.

The sizes of files on their way are read before the room that is left: so what they still need is never counted
too low.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence

from reconciler.inquiry import HEAD, Question
from reconciler.spec.farmers import fixed_part

WILD = "*?["

# Characters that mean themselves to a shell, or what they mean in a pattern.
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./,@%+=:-*?[]!^")

_TOOLS = r"""
LC_ALL=C
export LC_ALL
unset CDPATH

tell() {
    printf '%s %s\n' "$key" "$*"
}

# size, time of the last change and name of each file
sizes() {
    case $stat in
    gnu) stat -L -c '%s %Y %n' -- "$@" ;;
    bsd) stat -L -f '%z %m %N' -- "$@" ;;
    *)
        ls -lnL -- "$@" | while read -r mode links user group size month day time name; do
            printf '%s - %s\n' "$size" "$name"
        done
        ;;
    esac 2>/dev/null
}

# Does something stand there of which nothing can be told, so that it seems to be no file and no folder? $why says more.
hidden() {
    why=$(ls -d "$1" 2>&1) && return 1
    case $why in *'No such file or directory'*) return 1 ;; esac
}

# look BASE LITERAL NAME...: the disk, its number being in $disk and $key
look() {
    base=$1 literal=$2
    shift 2
    tell disk "$disk"
    if skipped; then
        tell skip
        return
    fi
    if [ ! -d "$disk" ]; then
        if [ -e "$disk" ] || [ "$disk" = "$literal" ]; then
            tell none
        else
            tell odd "$(ls -d "$disk/." 2>&1)"
        fi
        tell end
        return
    fi
    tell base "$(cd -P "$base" && pwd)"
    target=$disk$folder
    if [ -d "$target" ]; then
        if ! cd "$target" || ! why=$(ls -a . 2>&1 >/dev/null); then
            tell odd "${why:-cannot be entered}"
            tell end
            return
        fi
        missed=
        for name do
            shift
            if [ -f "$name" ]; then
                set -- "$@" "$name"
            else
                missed=$missed/$name/
            fi
        done
        count=0
        for name in * .*; do
            case $name in
            plot-*.plot | plot-*.plot2 | plot-*.gplot)
                count=$((count + 1))
                case $missed in
                *"/$name/"*) ;;
                *)
                    ! $every || [ ! -f "$name" ] || set -- "$@" "$name"
                    continue
                    ;;
                esac
                ;;
            .*.part | .*.plot*.?????? | .*.gplot.?????? | *plot*.tmp) ;;
            *) continue ;;
            esac
            if [ -f "$name" ]; then
                set -- "$@" "$name"
            elif hidden "./$name"; then
                tell odd "$why"
                tell end
                return
            fi
        done
        [ $# -eq 0 ] || sizes "$@" | while IFS= read -r line; do tell file "$line"; done
        tell clock "$(date +%s)"
        tell count "$count"
    elif hidden "$target"; then
        tell odd "$why"
        tell end
        return
    else
        target=$disk
        tell count 0
    fi
    [ ! -w "$target" ] || tell writable
    df -P -k "$target" 2>&1 | while IFS= read -r line; do tell df "$line"; done
    tell end
}
"""

_BEGIN = r"""
key=@
tell begin
if stat -c %s / >/dev/null 2>&1; then
    stat=gnu
elif stat -f %z / >/dev/null 2>&1; then
    stat=bsd
else
    stat=none
fi
if [ -r /proc/mounts ]; then
    while read -r device point kind options rest; do
        case ",$options," in
        *,ro,*) tell ro "$point" ;;
        esac
    done </proc/mounts
else
    mount | while IFS= read -r line; do tell mount "$line"; done
fi
"""

_PATTERN = r"""
(
    number=0
    for disk in {pattern}; do
        number=$((number + 1))
        key={index}.$number
        look {base} {literal} "$@" &
    done
    key={index}
    tell done
    wait
) &
"""

_END = r"""
wait
key=@
tell end
"""

HEADS = rf"""
number=0
for path do
    number=$((number + 1))
    printf '%s %s\n' "$number" "$(od -A n -v -t x1 -N {HEAD} "$path" 2>/dev/null | tr -d ' \n')"
done
"""
"""Prints the number and the first bytes, hexadecimal, of each file among its arguments."""


def is_wild(pattern: str) -> bool:
    """Does it stand for more than one path?"""
    return any(letter in pattern for letter in WILD)


def script_for(question: Question, skip: Collection[str] = ()) -> str:
    """The script; its arguments are the names that are sought. skip: disks that are not touched this time."""
    return "".join(
        (
            _TOOLS,
            _skipped(sorted(skip)),
            f"folder={shlex.quote('/' + question.folder if question.folder else '')}\n",
            f"every={'true' if question.heads else 'false'}\n",
            _BEGIN,
            *(_one(index, pattern) for index, pattern in enumerate(question.disks, 1)),
            _END,
        )
    )


def quote_pattern(pattern: str) -> str:
    """A pattern as a shell's word in which nothing but wildcards has a meaning."""
    return "".join(letter if letter in _PLAIN else shlex.quote(letter) for letter in pattern)


def _one(index: int, pattern: str) -> str:
    wild = is_wild(pattern)
    return _PATTERN.format(
        index=index,
        pattern=quote_pattern(pattern) if wild else shlex.quote(pattern),
        base=shlex.quote(fixed_part(pattern)),
        literal=shlex.quote(pattern if wild else ""),
    )


def _skipped(disks: Sequence[str]) -> str:
    if not disks:
        return "skipped() { false; }\n"
    return (
        f'skipped() {{ case "$disk" in {" | ".join(map(shlex.quote, disks))}) true ;; *) false ;; esac; }}\n'
    )
