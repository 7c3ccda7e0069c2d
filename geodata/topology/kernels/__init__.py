"""Loops over plain arrays, compiled by numba: the part of a check that must be fast.

Nothing here knows shapely, frames or rules. Compiled code is kept in numba's cache
(beside the module, or in the user's cache folder where that cannot be written); the
installers fill it, for about twenty seconds.
"""
