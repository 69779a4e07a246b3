"""The live dashboard, for a terminal or a browser: the one user of textual.

What it shows is pure and knows nothing of how it is shown.

snapshot.py   what one look gives, and what a feed of such looks is
feed.py       the feed, really: a loop of its own or an eye on the running one, on threads of their own
tail.py       the end of a file that grows
rows.py       a sheet of rows, and its lines at a given width
headline.py   what goes on, in a few lines; progress.py: where the jobs stand, in one
jobs.py, tmp.py, dst.py, farmers.py, transfers.py, plan.py, log.py
              one sheet each, out of a snapshot
eta.py        how long a job may still take
why.py        the text behind e; help.py: behind ?
panel.py      a sheet on the screen; dialogs.py: what lies above it; app.py: the whole of it, and its
              keys; theme.py: its colours; show.py: it on this terminal
web.py        the same in a browser
"""
