"""The demonstration territory: a fictional city, drawn from a seed.

Nothing here is imported by the packages; ``scripts/territory.py`` runs it.
"""
