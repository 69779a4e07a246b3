"""The desired state: what the owner writes down.

`models` is its shape, with `units` and `week` for what people write there. `tree` reads YAML as plain values
with their places, `loading` makes a Spec of them with every fault named (`faults`, `sentences`, `checks`), and
`writing` and `template` go the way back. `migrate` converts a plotman.yaml of versions 0 to 2. `schemas` and
`form` are about the published schema, `place` about which file is meant. Nothing here reads more of the world
than the one file it is given.
"""
