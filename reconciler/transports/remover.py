"""The remover: one process that removes one old plot, where it proves to be the one that was meant.

``python -m reconciler.transports.remover --plot=NAME --disk=DIR …`` (`arguments.py`). Its standard output is its log
(`record.py`): a line for each step, ``removing`` being the last before the plot may be gone. It ends with 0 where
nothing stands under the plot's name any more, else with 1 and the kind of failure as the log's last line. One that
was killed has removed the file or not: whoever comes after it sees which.
"""

from __future__ import annotations

import sys
import time
import traceback

from reconciler.errand import Farewell
from reconciler.errors import FarmerError
from reconciler.plotters import head as heads
from reconciler.plotters import names
from reconciler.replacing import DOUBTFUL
from reconciler.transports.arguments import farewell_from_argv
from reconciler.transports.contract import Step
from reconciler.transports.failure import Conflict, Failure, failure_of
from reconciler.transports.mover import Log, nowhere, wake
from reconciler.transports.standing import Sight, Standing, standing

SLACK = 120.0
"""Seconds by which a plot may seem younger than when it was planned: its farmer tells whole seconds, and its answer
took a while."""


def fault(farewell: Farewell, sight: Sight, now: float) -> str | None:
    """What speaks against a file being the plot that was meant, in words; None: nothing. now: wall clock."""
    head, name = heads.read(sight.head), names.parse(farewell.plot)
    meant = (farewell.k, farewell.compression, farewell.contract)
    if head is None or name is None or head.plot_id != name.plot_id:
        return "its head is not that of the plot it is called"
    if (head.k, head.level, head.contract) != meant:
        return "its head says another k, compression or contract than when it was chosen"
    if sight.bytes != farewell.bytes:
        return f"it has {sight.bytes} bytes, not {farewell.bytes}"
    if sight.age is not None and now - sight.age > farewell.modified + SLACK:
        return "it was changed since it was chosen"
    return None


def remove(farewell: Farewell, place: Standing, now: float, log: Log, step: Step) -> None:
    """Remove one plot. Raises Failure, FarmerError or OSError."""
    with place:
        sight = place.look()
        if sight is None:
            log.step("gone", 0, 0)
            return
        why = fault(farewell, sight, now)
        if why is not None:
            raise Conflict(f"{farewell.path} stays: {why}")
        step("proven")
        log.step(DOUBTFUL, 0, sight.bytes)
        step(DOUBTFUL)
        place.remove(sight)
        step("removed")
        log.step("removed", sight.bytes, sight.bytes)


def run(farewell: Farewell, log: Log, step: Step) -> int:
    """Remove one plot and write its outcome; the exit code."""
    now = time.time()
    try:
        remove(farewell, standing(farewell, now), now, log, step)
    except (Failure, FarmerError, OSError) as error:
        failure = failure_of(farewell.disk, error)
        log.failed(failure.kind, str(failure))
    except Exception as error:
        traceback.print_exc()
        log.failed("fault", f"{type(error).__name__}: {error}")
    else:
        log.finished()
        return 0
    return 1


def main(step: Step = nowhere) -> int:
    """The process: errand from the command line, log on standard output; its exit code."""
    farewell = farewell_from_argv(sys.argv[1:])
    code = run(farewell, Log(1), step)
    if farewell.logs:
        wake(farewell.logs)
    return code


if __name__ == "__main__":
    sys.exit(main())
