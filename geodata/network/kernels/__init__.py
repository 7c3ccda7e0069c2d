"""Loops over a network's arrays, compiled by numba: searches that stop at a limit.

Nothing here knows a dataclass. Every search has its own workspace, so that threads
may run side by side, and puts it back as it was through the list of what it touched:
the cost of a search follows what it reaches, not the size of the network.
"""
