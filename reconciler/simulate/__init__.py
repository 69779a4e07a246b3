"""A second World: computers in memory, on which the real loop, planner and executor run.

Time passes only while somebody waits, and then at once. Everything follows from the seed and from what is
set on the computer, so that a run can be repeated exactly. No process, thread, file or clock is used.

clock.py       both clocks, and what happens when
disks.py       devices, folders and files
processes.py   the process table; a program is a generator of pauses
plotting.py    plays a plot job, by its plotter's definition
pace.py        how long work takes: a fixed time, or
hardware.py    what it gets of a described machine's resources, shared like a fluid (fluid.py: each flow.py by the
               shares of sharing.py); there a job is played by working.py, with the log of saying.py
moving.py      plays a mover
removing.py    plays a remover
network.py     farmers elsewhere, and the links to them: `world.Farmers`
faults.py      what can go wrong on purpose
computer.py    all of these together
machine.py     a running program's hands on a computer: `world.Machine`
building.py    a described machine, built for a spec
running.py     a spec at work on it for some days, with the troubles of trouble.py
outcome.py     what came of that, out of the counts of tally.py; bounds.py: what could have at most
fitting.py     what plots take, by real logs
"""

from reconciler.simulate.computer import Computer
from reconciler.simulate.faults import Crash, Fate, Fuse
from reconciler.simulate.machine import SimulatedMachine, SimulatedWorld
from reconciler.simulate.network import Host
from reconciler.simulate.pace import Pace

__all__ = ["Computer", "Crash", "Fate", "Fuse", "Host", "Pace", "SimulatedMachine", "SimulatedWorld"]
