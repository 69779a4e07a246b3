"""Exit codes beside those that errors carry (`reconciler.errors`)."""

CHANGES = 2
"""There is something to do; with --detailed-exitcode only."""
PARTLY = 4
"""Some was done and some not, or some could not be reached."""
HELD_BACK = 6
"""A rule, or a person's word, stands between the wish and its fulfilment."""
