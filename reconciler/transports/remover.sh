# What a farmer's shell does to let an old plot go: VERB FOLDER NAME …. For any POSIX sh (ash, dash, bash), with the
# tools of BusyBox, GNU or BSD. The name is used as "./NAME" within its folder.
# Exit codes: 0 done, 71 the folder is not there, 72 it is not that file any more; else see the words.

LC_ALL=C
export LC_ALL
unset CDPATH

refuse() {
    printf '%s\n' "$2" >&2
    exit "$1"
}

is_file() { [ -f "./$1" ] && [ ! -L "./$1" ]; }

# Size, time of the last change, and inode.
marks() {
    stat -c '%s %Y %i' "./$1" 2>/dev/null || stat -f '%z %m %i' "./$1"
}

# Its first 512 bytes, hexadecimal.
head_of() { dd if="./$1" bs=512 count=1 2>/dev/null | od -A n -v -t x1 | tr -d ' \n'; }

[ -d "$2" ] || refuse 71 "$2 is not there"
cd "$2" || exit

case $1 in

# Size, time of the last change, inode and the time now; then the head. Nothing: no file of that name is there.
look)
    if [ -e "./$3" ] || [ -L "./$3" ]; then
        is_file "$3" || refuse 72 "$2/$3 is no regular file"
        found=$(marks "$3") || exit
        printf '%s %s\n' "$found" "$(date +%s)"
        head_of "$3"
    fi
    ;;

# MARKS HEAD: removes the file if both are still the same.
remove)
    [ -e "./$3" ] || exit 0
    is_file "$3" && [ "$(marks "$3")" = "$4" ] && [ "$(head_of "$3")" = "$5" ] ||
        refuse 72 "$2/$3 has changed since it was looked at"
    rm -f "./$3" || exit
    # Only some sync take a folder; they say so in their help. The others would flush every disk.
    case $(sync --help 2>&1) in *FILE*) sync . ;; esac
    exit 0
    ;;
esac
