"""Smooth random fields and wandering lines: the land the city is drawn on."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


class Relief:
    """A smooth random height (no unit) over the plane, the same for the same seed."""

    def __init__(self, rng: np.random.Generator, *, wavelength_m: float) -> None:
        count = 48
        angles = rng.uniform(0, 2 * np.pi, count)
        lengths = wavelength_m * rng.lognormal(0, 0.5, count)
        self._waves = 2 * np.pi / lengths * np.stack([np.cos(angles), np.sin(angles)])
        self._phases = rng.uniform(0, 2 * np.pi, count)
        self._weights = (lengths / wavelength_m) ** 0.7
        self._weights /= np.sqrt((self._weights**2).sum() / 2)

    def at(self, points: Points) -> NDArray[np.float64]:
        """Return the height at points (n, 2), about normally distributed."""
        return np.sin(points @ self._waves + self._phases) @ self._weights


def wander(
    corners: Points,
    rng: np.random.Generator,
    *,
    step_m: float,
    roughness: float,
) -> Points:
    """Return a line through ``corners`` that wanders like a coast or a river.

    Each piece is bent at its middle, sideways by a random share ``roughness`` of
    its length, until no piece is longer than ``step_m``.
    """
    pieces = [corners[:1]]
    for start, end in itertools.pairwise(corners):
        pieces.append(_bent(start, end, rng, step_m, roughness)[1:])
    return np.concatenate(pieces)


def _bent(
    start: Points,
    end: Points,
    rng: np.random.Generator,
    step_m: float,
    roughness: float,
) -> Points:
    along = end - start
    length = float(np.hypot(*along))
    if length <= step_m:
        return np.stack([start, end])
    aside = np.array([-along[1], along[0]])
    share = float(np.clip(rng.normal(0, roughness), -0.35, 0.35))
    middle = (start + end) / 2 + aside * share + along * rng.uniform(-0.08, 0.08)
    left = _bent(start, middle, rng, step_m, roughness * 0.94)
    right = _bent(middle, end, rng, step_m, roughness * 0.94)
    return np.concatenate([left, right[1:]])


def rounded(line: Points, times: int) -> Points:
    """Return a line with its corners cut off ``times`` times, ends kept."""
    for _ in range(times):
        near = 0.75 * line[:-1] + 0.25 * line[1:]
        far = 0.25 * line[:-1] + 0.75 * line[1:]
        inner = np.stack([near, far], axis=1).reshape(-1, 2)
        line = np.concatenate([line[:1], inner, line[-1:]])
    return line


def evenly(line: Points, step_m: float) -> Points:
    """Return points along a line every ``step_m`` metres, both ends kept."""
    lengths = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    count = max(2, round(along[-1] / step_m) + 1)
    at = np.linspace(0, along[-1], count)
    return np.stack([np.interp(at, along, line[:, i]) for i in (0, 1)], axis=1)
