"""Coordinates as a careless export leaves them."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely


def jittered(shapes: Any, size: float, seed: int = 0) -> np.ndarray:
    """Return the polygons with every vertex of every ring moved at random."""
    rng = np.random.default_rng(seed)

    def ring(line: Any) -> Any:
        xy = shapely.get_coordinates(line)
        xy[:-1] += rng.uniform(-size, size, xy[:-1].shape)
        xy[-1] = xy[0]
        return shapely.linearrings(xy)

    def unit(shape: Any) -> Any:
        parts = [
            shapely.polygons(ring(p.exterior), [ring(h) for h in p.interiors] or None)
            for p in shapely.get_parts(shape)
        ]
        return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)

    return np.array([unit(shape) for shape in np.asarray(shapes, dtype=object)])


def turned(shapes: Any, seed: int = 0) -> np.ndarray:
    """Return the polygons with rings that start elsewhere and run the other way."""
    rng = np.random.default_rng(seed)

    def ring(line: Any) -> Any:
        xy = shapely.get_coordinates(line)[:-1]
        xy = np.roll(xy, rng.integers(len(xy)), axis=0)
        return shapely.linearrings(xy[::-1] if rng.random() < 0.5 else xy)

    def unit(shape: Any) -> Any:
        parts = list(shapely.get_parts(shape))
        rng.shuffle(parts)
        drawn = [
            shapely.polygons(ring(p.exterior), [ring(h) for h in p.interiors] or None)
            for p in parts
        ]
        return drawn[0] if len(drawn) == 1 else shapely.multipolygons(drawn)

    return np.array([unit(shape) for shape in np.asarray(shapes, dtype=object)])
