"""Do the repairs that findings suggest and a person accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geodata.topology.repair import KINDS, apply_repair

if TYPE_CHECKING:
    import geopandas as gpd


def apply(
    candidate: gpd.GeoDataFrame, findings: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, list[dict[str, Any]]]:
    """Return the units that the findings' repairs alter, and a log.

    Parameters
    ----------
    candidate
        The layer with the draft applied, indexed by code.
    findings
        Those accepted; findings without a repair, or with one that needs a person
        (to drop a duplicate), are passed over.

    Returns
    -------
    tuple
        The rows of ``candidate`` whose geometry changed, and for each repair
        ``{"fingerprint", "kind", "keys", "done", "cost", "why"}``.
    """
    chosen = [
        (mark, {**suggested, "place": place})
        for mark, suggested, place in zip(
            findings["fingerprint"], findings["repair"], findings.geometry, strict=True
        )
        if suggested and suggested["kind"] in KINDS
    ]
    if not chosen:
        return candidate.iloc[:0], []
    mended, log = apply_repair(candidate, [item for _, item in chosen])
    touched = [
        before is not after
        for before, after in zip(candidate.geometry, mended.geometry, strict=True)
    ]
    done = [
        {"fingerprint": mark, **entry}
        for (mark, _), entry in zip(chosen, log, strict=True)
    ]
    return mended[touched], done
