"""The reference plotter as a program: ``python -m reconciler.plotters.chiapos create -k 18 -t TMP -d DST``.

Takes the options of `chia plots create` by the same letters, and plots in this process with the chiapos
package, whose log is chia's. Not for farming: plot ids are random, and belong to no key.

A program, no part of the pure room. It imports nothing heavy, so that it starts as fast as a plotter.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import re
import signal
import sys
import time
from collections.abc import Sequence

HEX = re.compile(r"(?:0x)?[0-9a-fA-F]{96}")
MEMO_POOL = 128
"""Bytes of a memo with a pool key: pool key 48, farmer key 48, secret 32."""
MEMO_CONTRACT = 112
"""Bytes of a memo with a pool contract: puzzle hash 32, farmer key 48, secret 32."""
SMALLEST_BUCKET = 8192
"""Entries. With fewer in a bucket chiapos 2.0.12 was seen to give up half-way ("Triggering bucket too early")."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Plot, and give the exit status: 0 all plots made, 1 with a message on stderr."""
    options = _parser().parse_args(arguments)
    if not 18 <= options.size <= 50:
        return _fail(f"k is {options.size}; chiapos takes 18 to 50")
    most = min(128, (1 << options.size) // SMALLEST_BUCKET)
    if options.buckets is not None and not 16 <= options.buckets <= most:
        return _fail(
            f"{options.buckets} buckets are asked for; a plot of k {options.size} takes 16 to {most}"
        )
    options.tmp2_dir = options.tmp2_dir or options.tmp_dir
    for name in ("tmp_dir", "tmp2_dir", "final_dir"):
        directory = os.path.abspath(getattr(options, name))
        setattr(options, name, directory)
        if not os.path.isdir(directory):
            return _fail(f"{directory} is no directory; make it first")
        if not os.access(directory, os.W_OK | os.X_OK):
            return _fail(f"{directory} is not writable for this user")
    for key in (options.farmer_public_key, options.pool_public_key):
        if key is not None and not HEX.fullmatch(key):
            return _fail(f"the key {key[:8]}… is none; it has 96 hexadecimal digits")
    _let_go()
    try:
        from chiapos import DiskPlotter  # only once the arguments are right
    except ImportError:
        return _fail("the package chiapos is not installed here; install chiapos>=2.0.4")
    for _ in range(options.num):
        try:
            _plot(DiskPlotter(), options)
        except Exception as error:  # chiapos throws whatever C++ threw, and has said why in the log
            return _fail(f"chiapos gave up: {error}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="chiapos", description="Plot with the reference plotter.")
    create = parser.add_subparsers(required=True).add_parser("create", help="make plots")
    add = create.add_argument
    add("-k", "--size", type=int, default=32, help="plot size, 18 or more")
    add("-n", "--num", type=int, default=1, help="how many plots, one after the other")
    add("-b", "--buffer", type=int, help="memory for sorting, MiB")
    add("-u", "--buckets", type=int, help="number of buckets")
    add("-r", "--num_threads", type=int, default=2, help="threads in phase 1")
    add("-e", "--nobitfield", action="store_true", help="without bitfield")
    add("-t", "--tmp_dir", default=".", help="temporary directory")
    add("-2", "--tmp2_dir", help="second temporary directory")
    add("-d", "--final_dir", default=".", help="where the plot lands")
    add("-f", "--farmer_public_key", help="96 hexadecimal digits")
    owner = create.add_mutually_exclusive_group()
    owner.add_argument("-p", "--pool_public_key", help="96 hexadecimal digits")
    owner.add_argument("-c", "--pool_contract_address", help="xch1…")
    return parser


def _plot(plotter: object, options: argparse.Namespace) -> None:
    k, threads = options.size, max(1, options.num_threads)
    buckets = options.buckets or default_buckets(k)
    plot_id = os.urandom(32)
    date = time.strftime("%Y-%m-%d-%H-%M")
    plotter.create_plot_disk(  # type: ignore[attr-defined]
        options.tmp_dir,
        options.tmp2_dir,
        options.final_dir,
        f"plot-k{k}-{date}-{plot_id.hex()}.plot",
        k,
        _memo(options),
        plot_id,
        options.buffer or default_buffer(k),
        buckets,
        stripe(k, buckets),
        threads,
        options.nobitfield,
    )


def default_buckets(k: int) -> int:
    """chia's 128 for plots of size; fewer for small ones, whose buckets would hold less than a stripe."""
    return 16 if k < 20 else 32 if k < 22 else 64 if k < 25 else 128


def default_buffer(k: int) -> int:
    """MiB. chia's 3389 for k32, halved for each k below, and never less than 200."""
    return max(200, 3389 << (k - 32) if k >= 32 else 3389 >> (32 - k))


def stripe(k: int, buckets: int) -> int:
    """Entries that a thread takes at once: chia's 65536, or half a bucket where that is less."""
    return min(65536, (1 << k) // buckets // 2)


def _memo(options: argparse.Namespace) -> bytes:
    """The keys as far as they are given, random bytes for the rest; of the length that chia's would have."""
    farmer = _key(options.farmer_public_key)
    if options.pool_contract_address is not None:
        return os.urandom(MEMO_CONTRACT - 48 - 32) + farmer + os.urandom(32)
    return _key(options.pool_public_key) + farmer + os.urandom(MEMO_POOL - 48 - 48)


def _key(text: str | None) -> bytes:
    return os.urandom(48) if text is None else bytes.fromhex(text.removeprefix("0x"))


def _let_go() -> None:
    """End at once on Ctrl-C (plotting never returns to Python), and write each line of the log as it comes.

    C++ keeps up to 4 KiB of a log that goes to a file; a small plot would be over before its first phase shows.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    line_buffered = 1  # _IOLBF
    try:
        library = ctypes.CDLL(None)
        stdout = ctypes.c_void_p.in_dll(library, "__stdoutp" if sys.platform == "darwin" else "stdout")
        library.setvbuf(stdout, None, line_buffered, 0)
    except (OSError, ValueError, AttributeError):
        return  # another C library: the log lags, and is as good


def _fail(message: str) -> int:
    print(f"Error: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
