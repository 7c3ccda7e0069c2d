"""Compile a loop, and keep what was compiled where that is possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

Loop = TypeVar("Loop", bound="Callable[..., Any]")


def compiled(loop: Loop) -> Loop:
    """Return ``loop`` compiled on first use, from the cache when it is there.

    Where neither the folder of the module nor the user's cache can be written (a
    program folder of somebody else, an account without a home) numba refuses to
    cache at import; there the loop is compiled anew in every process.
    """
    try:
        made: object = numba.njit(cache=True)(loop)
    except RuntimeError:
        made = numba.njit(loop)
    return cast("Loop", made)


def unlocked(loop: Loop) -> Loop:
    """Return ``loop`` as :func:`compiled`, with other threads running meanwhile."""
    try:
        made: object = numba.njit(cache=True, nogil=True)(loop)
    except RuntimeError:
        made = numba.njit(nogil=True)(loop)
    return cast("Loop", made)


def inlined(loop: Loop) -> Loop:
    """Return ``loop`` to be put into the loops that call it."""
    return cast("Loop", numba.njit(inline="always")(loop))
