"""Edges of a network cut in two, with the sides joined or apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.network.gathering import vertices_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from geodata.network.graph import Network

    Floats = npt.NDArray[np.float64]

_SAME_M = 0.01


class Cuts:
    """Where edges are cut, and whether the two sides stay joined."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.at: dict[int, list[tuple[float, int, int]]] = {}
        self.fresh: list[Floats] = []
        self.parted: list[Floats] = []

    def joint(self, edge: int, along: float, place: Floats) -> int:
        """Return the node at a place on an edge, a new one but at its ends."""
        network = self.network
        if along <= _SAME_M:
            return int(network.tail[edge])
        if along >= network.length_m[edge] - _SAME_M:
            return int(network.head[edge])
        for there, before, after in self.at.get(edge, ()):
            if abs(there - along) <= _SAME_M and before == after:
                return before
        node = self._node(place)
        self.at.setdefault(edge, []).append((along, node, node))
        return node

    def part(self, edge: int, along: float, place: Floats) -> None:
        """Cut an edge so that nobody passes; once at one place."""
        length = float(self.network.length_m[edge])
        along = min(
            max(along, min(_SAME_M, length / 3)), length - min(_SAME_M, length / 3)
        )
        for there, before, after in self.at.get(edge, ()):
            if abs(there - along) <= _SAME_M and before != after:
                return
        one, other = self._node(place), self._node(place)
        self.at.setdefault(edge, []).append((along, one, other))
        self.parted.append(np.asarray(place))

    def _node(self, place: Floats) -> int:
        self.fresh.append(np.asarray(place))
        return self.network.node_count + len(self.fresh) - 1

    def cut(self) -> Network:
        """Return the network with its edges cut."""
        network = self.network
        if not self.at:
            return network
        kept = np.ones(network.edge_count, bool)
        kept[list(self.at)] = False
        pieces = [piece for edge in sorted(self.at) for piece in self._pieces(edge)]
        at, offsets = vertices_of(network.offsets, np.flatnonzero(kept))
        return extended(
            replace(
                network,
                nodes=np.concatenate([network.nodes, np.array(self.fresh)]),
                coords=network.coords[at],
                offsets=offsets,
                **{
                    name: getattr(network, name)[kept]
                    for name in (
                        "tail",
                        "head",
                        "length_m",
                        "delay_s",
                        "oneway",
                        "kind",
                    )
                },
            ),
            pieces,
        )

    def _pieces(self, edge: int) -> list[dict[str, Any]]:
        """Return the pieces of an edge between its cuts."""
        network = self.network
        whole = float(network.length_m[edge])
        coords = network.coords[network.offsets[edge] : network.offsets[edge + 1]]
        run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(coords, axis=0).T))])
        scale = run[-1] / whole if whole > 0 else 0.0
        made, begin, tail = [], 0.0, int(network.tail[edge])
        stops = [*sorted(self.at[edge]), (whole, int(network.head[edge]), -1)]
        first = coords[0]
        for along, before, after in stops:
            last = (
                coords[-1] if after == -1 else self.fresh[before - network.node_count]
            )
            inner = coords[(run > begin * scale) & (run < along * scale)]
            share = (along - begin) / whole if whole > 0 else 0.0
            made.append(
                {
                    "tail": tail,
                    "head": before,
                    "length_m": along - begin,
                    "delay_s": float(network.delay_s[edge]) * share,
                    "oneway": int(network.oneway[edge]),
                    "kind": int(network.kind[edge]),
                    "coords": np.vstack([first, inner, last]),
                }
            )
            begin, tail, first = along, after, last
        return made


def extended(network: Network, pieces: list[dict[str, Any]]) -> Network:
    """Return the network with further edges at its end.

    Each piece is a dict of its columns, with its vertices under ``coords``.
    """
    if not pieces:
        return network
    sizes = np.cumsum([len(piece["coords"]) for piece in pieces])

    def more(name: str) -> Any:
        there = getattr(network, name)
        return np.concatenate([there, np.array([p[name] for p in pieces], there.dtype)])

    return replace(
        network,
        tail=more("tail"),
        head=more("head"),
        length_m=more("length_m"),
        delay_s=more("delay_s"),
        oneway=more("oneway"),
        kind=more("kind"),
        coords=np.concatenate([network.coords, *(p["coords"] for p in pieces)]),
        offsets=np.concatenate([network.offsets, network.offsets[-1] + sizes]),
    )
