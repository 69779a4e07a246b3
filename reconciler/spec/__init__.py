"""The desired state: what the owner writes down.

`models` is its shape, with `units` and `week` for what people write there: nouns, made as `model` says, with `marks`
for pydantic, which `judge` lets judge documents. `tree` reads YAML as plain values with their places, `loading` makes
a Spec of them with every fault named (`faults`, `sentences`, `checks`), and `writing` and `template` go the way back.
A document may be made of several `files`: `layers` says of which, with `variables`, `deleting` and `merging`
`compose` makes one of them, and each value (`node`) knows where it stands. `migrate` converts a plotman.yaml of
versions 0 to 2. `schemas`, `form` and `overlay` are about the published schemas, `place` about which file is meant,
`host` and `hosts` about machines of one repository. `cache` keeps what was `loaded` in this user's own folder.
Nothing else here reads more of the world than the files that it is given.
"""
