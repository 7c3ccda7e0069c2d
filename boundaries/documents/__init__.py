"""What goes on paper: typefaces, the resource handbook.

Documents are made in jobs and by the command line, never while a page waits.
"""
