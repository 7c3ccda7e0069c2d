"""The commands, one module a noun; each parses, asks the registry once, shows.

Nothing heavy is imported before a command runs: ``quhua --help`` stays quick.
"""
