"""More plots a day out of the machine that there is: settings, the search among them, and what to change."""
