"""Telling people what happens: what is news, who gets it, and sending it where it can hold nothing up.

``kinds``, ``signs``, ``news`` and ``digest`` are pure; ``notifier`` folds a loop's events on a thread of its own;
``sender`` has one thread a target; ``service`` alone knows Apprise.
"""
