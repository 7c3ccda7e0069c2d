"""What if, while a planner drags: plans kept in a process of their own.

A request says what it stands on and *all* edits; the process knows how far its own
state is from that and does what is missing. So nothing is lost when it dies: the next
request starts another and says all again.
"""
