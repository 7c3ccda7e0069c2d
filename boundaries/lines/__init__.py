"""Boundary markers and their inspections: numbers, words, registers, what is due.

Pure reads over frames that somebody who may see them was given; nothing here knows
the store. Lines of their own come later.
"""
