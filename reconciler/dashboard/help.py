"""The text behind `?`."""

_ACTING = """\
p   pause plotting, or let it go on: nothing new is started, what runs is left to finish
a   pause archiving, or let it go on
s   suspend the job under the cursor
r   resume it
k   kill it; asks first
"""
_LOOKING = """\
e   explain what the cursor is on: each rule with its numbers (Enter does the same)
l   follow the job's log
/   show only rows that hold a text; Esc ends that
1-7 to a panel; Tab and Shift-Tab to the next and the one before
q   quit: the jobs run on; a loop that runs in here ends

States: RUN runs; STA is before its first phase; STP is suspended; PND was started and is not seen yet; STK is stuck and
tries again; HNG is without output and work for long; IGN is left out of account.
"""
_WISHES = """
What p, a, s, r and k ask for is kept as a wish, as by the commands of the same names, and done by whichever loop runs.
"""

HELP = _ACTING + _LOOKING + _WISHES

READ_ONLY = _LOOKING
"""Where no key acts."""
