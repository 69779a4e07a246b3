"""Farmers, really: the one room that knows fabric.

Nothing heavy is imported before a farmer is asked.

farmers.py   asks them in the background and keeps what they last said: `world.Farmers`

asking.py    asks one by its shell: the script, the heads of old plots, disks that hang
script.py    what a shell is asked, as text; pure
reply.py     how its answer is read; pure
sftp.py      asks one that gives no shell
daemon.py    asks one that has nothing but an rsync daemon
volumes.py   what all three make of a folder's files; pure
heads.py     the first bytes of old plots, each read once
hung.py      the disks that are left alone for a while

shell.py     one ssh connection, with a deadline on everything: the one import of fabric
hostkeys.py  whether a farmer is who it says it is
talk.py      a script's session: what goes in, and what comes out
within.py    waiting for what may never end
tool.py      runs a program of this machine with a deadline: the one import of subprocess outside `machine/`
ran.py       what came of a program, here or there
"""
