# What a farmer's shell does beside a copy: VERB, then its arguments. For any POSIX sh (ash, dash, bash), with the
# tools of BusyBox, GNU or BSD. Names come as arguments only, and are used as "./$name" within their folder.
# Exit codes: 0 done, 71 something is not there, 72 the name is taken, 73 a tool is missing; else see the words.

LC_ALL=C
export LC_ALL
unset CDPATH

refuse() {
    printf '%s\n' "$2" >&2
    exit "$1"
}

enter() {
    [ -d "$1" ] || refuse 71 "$1 is not there"
    cd "$1" || exit
}

stands() { [ -e "./$1" ] || [ -L "./$1" ]; }

is_file() { [ -f "./$1" ] && [ ! -L "./$1" ]; }

# Field 5 of a long listing is the size, field 2 the number of names.
field() { ls -ldn "./$2" | awk -v n="$1" 'NR == 1 { print $n }'; }

# Which file that is: its size and its number.
identity() { ls -ldin "./$1" | awk 'NR == 1 { print $6, $1 }'; }

# Only some sync take a file; they say so in their help. The others know only all disks.
flush() {
    case $(sync --help 2>&1) in
        *FILE*) sync "./$1" ;;
        *) { [ -f "./$1" ] && dd if=/dev/null of="./$1" conv=notrunc,fsync 2>/dev/null; } || sync ;;
    esac
}

verb=$1
shift
case $verb in

# DISK BEYOND: where the disk is mounted, and where the folder above the mount points really is.
mounted)
    enter "$1"
    (cd "$2" 2>/dev/null && pwd -P) || echo "$2"
    df -P -k . || exit
    ;;

# FOLDER PLOT: bytes of the file under that name, "other", or nothing.
look)
    enter "$1"
    if is_file "$2"; then
        field 5 "$2"
    elif stands "$2"; then
        echo other
    elif ! said=$(ls -d "./$2" 2>&1); then
        # What stands there and cannot be told of must not be taken for nothing.
        case $said in *'No such file or directory'*) ;; *) refuse 1 "$said" ;; esac
    fi
    ;;

# DISK FOLDER: makes the folder on a disk that is there.
make)
    enter "$1"
    mkdir -p "./$2" || exit
    ;;

# FOLDER PART BYTES: makes the part file, or takes up what stands there, and says so.
reserve)
    enter "$1"
    if stands "$2"; then
        is_file "$2" || refuse 72 "$1/$2 is no regular file"
        if [ "$(field 5 "$2")" -gt "$3" ] || [ "$(field 2 "$2")" -gt 1 ]; then
            # Too long to be of this plot, or published: whoever has moved that name away since owns these bytes.
            rm -f "./$2" || exit
        fi
    fi
    if ! said=$( (set -C && : >"./$2") 2>&1); then
        is_file "$2" || refuse 1 "$said"
        # From now on it counts as fresh.
        touch "./$2" || exit
        echo taken
    fi
    ;;

# FOLDER PART: cuts the last whole MiB and what is behind it off a part file.
cut)
    enter "$1"
    is_file "$2" || refuse 71 "$1/$2 is not there"
    whole=$(($(field 5 "$2") / 1048576))
    [ "$whole" -eq 0 ] || whole=$((whole - 1))
    # Without input dd copies nothing, and what is behind the place sought is cut off.
    dd if=/dev/null of="./$2" bs=1048576 seek="$whole" 2>/dev/null || refuse 1 "$2 cannot be cut"
    ;;

# FOLDER: every part file, "SIZE FRESH NAME" and a zero byte; and only then the room.
room)
    enter "$1"
    for part in .*.part; do
        is_file "$part" || continue
        size=$(field 5 "$part")
        [ -n "$size" ] || continue
        # No find that can tell: then it counts as fresh.
        old=$(find "./$part" -prune -mmin +359 2>/dev/null)
        printf '%s %s %s\0' "$size" "${old:+stale}" "$part"
    done
    df -P -k . || exit
    ;;

# FOLDER PART: brings the file and its name to the disk.
sync)
    enter "$1"
    is_file "$2" || refuse 71 "$1/$2 is not there"
    flush "$2" && flush . || exit
    ;;

# FOLDER NAME: its sha256, read from the disk where memory can be made to forget it.
digest)
    enter "$1"
    is_file "$2" || refuse 71 "$1/$2 is not there"
    dd if="./$2" iflag=nocache count=0 2>/dev/null
    # openssl first: it knows the processor's own instructions for it, which not every sha256sum does.
    for tool in 'openssl dgst -sha256' 'sha256sum' 'shasum -a 256' 'sha256 -q'; do
        if command -v "${tool%% *}" >/dev/null 2>&1; then
            $tool <"./$2" || exit
            exit 0
        fi
    done
    refuse 73 'no openssl, sha256sum, shasum or sha256'
    ;;

# FOLDER NAME: which file that is.
identity)
    enter "$1"
    is_file "$2" || refuse 71 "$1/$2 is not there any more"
    identity "$2"
    ;;

# FOLDER PART PLOT IDENTITY: gives the part file its final name, which must be free, if it is still that file.
name)
    enter "$1"
    stands "$3" && refuse 72 "$1/$3 stands there"
    is_file "$2" && [ "$(identity "$2")" = "$4" ] || refuse 71 "$1/$2 is not there any more"
    ln "./$2" "./$3" 2>/dev/null && exit 0
    # It was taken just now, or this file system has no links.
    stands "$3" && refuse 72 "$1/$3 stands there"
    mv -n "./$2" "./$3" || exit
    stands "$2" && refuse 72 "$1/$3 stands there"
    is_file "$3" || refuse 71 "$1/$3 is not there"
    ;;

# FOLDER PART: takes the part file's name away and brings that to the disk.
drop)
    enter "$1"
    rm -f "./$2" && flush . || exit
    ;;

# FOLDER NAME: brings what stands under a final name to the disk.
settle)
    enter "$1"
    flush "$2" && flush . || exit
    ;;
esac
