"""Where to build: a siting model asked of a situation, and its answer by unit."""

from __future__ import annotations

from boundaries.services.siting.asking import Wish
from boundaries.services.siting.candidates import Source
from boundaries.services.siting.telling import sited

__all__ = ["Source", "Wish", "sited"]
