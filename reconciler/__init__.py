"""Plotman, the reconciler: a Chia plotting farm from a desired-state spec.

Start reading at `state` (the nouns) and `world` (the narrow waist); CONTRIBUTING.md is the map of the house.
Nothing is imported here, so that a command pays only for what it uses.
"""

__version__ = "0.1.0"
