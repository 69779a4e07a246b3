"""Strings out of values. Pure: no view prints, asks or decides.

symbols.py   the marks of each kind of action, and their plain twins
words.py     one value as people read it
names.py     short names of the spec's directories, and back
table.py     aligned columns
...          the rest: one file a command or subject
"""
