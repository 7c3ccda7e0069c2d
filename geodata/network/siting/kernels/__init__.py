"""Loops of siting over plain arrays, compiled by numba."""

from __future__ import annotations

from geodata.network.siting.kernels.covering import cover_bound, cover_swap
from geodata.network.siting.kernels.moving import allowed, refill, release, take
from geodata.network.siting.kernels.pricing import relaxed, served
from geodata.network.siting.kernels.reducing import implied, needless, signatures
from geodata.network.siting.kernels.rooms import assign, room_bound
from geodata.network.siting.kernels.ways import by_place, interchange, nearest_two

__all__ = [
    "allowed",
    "assign",
    "by_place",
    "cover_bound",
    "cover_swap",
    "implied",
    "interchange",
    "nearest_two",
    "needless",
    "refill",
    "relaxed",
    "release",
    "room_bound",
    "served",
    "signatures",
    "take",
]
