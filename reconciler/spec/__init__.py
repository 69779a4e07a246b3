"""The desired state: what the owner writes down.

`models` is its shape, `units` its human sizes and durations, `loading` the way from YAML text to a model
with every fault named at its place, `migrate` the way from a plotman.yaml of versions 0 to 2.
Pure but for the loader's one read of the file itself.
"""
