"""Units that are there twice: which of them stays is decided first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.errors import GeometryError, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd

    from geodata.topology.bench import Bench
    from geodata.topology.findings import Findings


class Doubles:
    """Pairs of units on the same ground."""

    def __init__(self, findings: Findings) -> None:
        table = findings.frame
        twice = table["rule"].isin(["duplicate", "near_duplicate"])
        self._pairs: dict[str, list[tuple[str, ...]]] = {}
        for who in table.loc[twice, "participants"]:
            for key in who:
                self._pairs.setdefault(key, []).append(who)

    def require_decided(self, keys: Iterable[str], bench: Bench) -> None:
        """Raise GeometryError when units of a repair are there twice."""
        for key in keys:
            for pair in self._pairs.get(key, ()):
                if len(bench.rows(pair)) > 1:
                    raise GeometryError(
                        Text(
                            f"{'、'.join(pair)} 的范围几乎相同，请先确定保留哪一个。",
                            f"{', '.join(pair)} cover almost the same ground; decide "
                            "first which of them stays.",
                        )
                    )


def require_same_record(
    frame: gpd.GeoDataFrame, findings: Findings, repair: Mapping[str, Any]
) -> None:
    """Raise GeometryError when a duplicate says something else than its host."""
    place = findings.units.place
    host = repair["host"]
    other = frame.iloc[place[host]]
    for key in repair["among"]:
        one = frame.iloc[place[key]]
        for name in frame.columns:
            if name != frame.geometry.name and not _same(one[name], other[name]):
                raise GeometryError(
                    Text(
                        f"{key} 与 {host} 的 {name} 不同（{one[name]}、"
                        f"{other[name]}）。确认删除前者，"
                        "请指明接受 duplicate 或此指纹。",
                        f"{key} and {host} differ in {name} ({one[name]}, "
                        f"{other[name]}). To drop the former, accept duplicate, or "
                        "this fingerprint, by name.",
                    )
                )


def _same(one: Any, other: Any) -> bool:
    missing = [bool(pd.api.types.is_scalar(v) and pd.isna(v)) for v in (one, other)]
    if any(missing):
        return all(missing)
    return bool(one is other or str(one) == str(other))
