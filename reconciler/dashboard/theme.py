"""The colours: told apart by people who see red and green alike, and never the only ones to tell something."""

from textual.theme import Theme

THEME = Theme(
    name="plotman",
    primary="#56b4e9",
    secondary="#56b4e9",
    accent="#56b4e9",
    warning="#e6c35c",
    error="#ff9066",
    success="#56b4e9",
    foreground="#d5dbe1",
    background="#10151a",
    surface="#161d24",
    panel="#1e2831",
    dark=True,
)
