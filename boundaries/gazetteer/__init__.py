"""Place names: their words, their spelling in letters, and finding them.

Pure functions over frames that somebody who may see them was given; nothing here
knows the store.
"""
