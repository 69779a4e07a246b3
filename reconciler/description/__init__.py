"""Machines as documents: what one is made of, how fast it is, and what plots take on it."""

from reconciler.description.machine import MachineDescription, load_machine, parse_machine
from reconciler.description.work import Work, work_of

__all__ = ["MachineDescription", "Work", "load_machine", "parse_machine", "work_of"]
