"""Registers of records at points: read for pages, and edited one record at a time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries import clusters, columns, review
from boundaries.accounts import ANONYMOUS
from boundaries.gazetteer.index import Index
from boundaries.gazetteer.listing import Wish, page, points
from boundaries.lines.register import Register, records_of
from boundaries.lines.register import Wish as MarkerWish
from boundaries.positions import position
from boundaries.registry import staging, taken
from boundaries.registry.desk import logged, today
from boundaries.registry.drafts import Drafts
from boundaries.registry.reading import Readings
from boundaries.registry.recent import Recent
from boundaries.services import listing as facilities
from boundaries.vocabulary import DraftState, Severity
from geodata import crs
from geodata.errors import InputError, NotFoundError, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from geodata.store.changes import ChangeSet

LONGEST = 4000
"""Letters of one text of a record."""


_frames, _indexes = Recent(6), Recent(6)


class Registers(Drafts, Readings):
    """Markers with their inspections, and place names."""

    def marker_register(self, actor: str) -> Register:
        """Return the markers and inspections the actor may see, as they stand."""
        markers, version = self._register(actor, "markers")
        try:
            inspections, _ = self._register(actor, "inspections")
        except NotFoundError:
            inspections = self._empty("inspections")
        return Register(
            markers,
            inspections,
            self._division_names(),
            today(),
            self.settings.registers.joint_years,
            version,
        )

    def marker(self, actor: str, number: str) -> dict[str, Any]:
        """Return one marker with its inspections."""
        found = self.marker_register(actor).record(number)
        if found is None:
            raise NotFoundError(
                Text(f"没有界桩 {number}。", f"There is no marker {number}.")
            )
        return found

    def name_register(self, actor: str) -> tuple[gpd.GeoDataFrame, int]:
        """Return the place names the actor may see, and their version."""
        return self._register(actor, "place_names")

    def names_page(
        self, actor: str, wish: Wish, start: int, size: int
    ) -> dict[str, Any]:
        """Return one page of the list of names, each with its division's name."""
        frame, version = self.name_register(actor)
        found = page(frame, self.name_index(actor)[0], wish, start, size)
        names = self._division_names()
        for row in found["rows"]:
            row["division_name"] = names.get(row["division"], row["division"])
        return {**found, "version": version}

    def place_name(self, actor: str, place: str) -> dict[str, Any]:
        """Return one place name with its division's name."""
        frame, _ = self.name_register(actor)
        if place not in frame.index:
            raise NotFoundError(
                Text(f"没有地名 {place}。", f"There is no place name {place}.")
            )
        found: dict[str, Any] = next(records_of(frame.loc[[place]]))
        return {
            **found,
            "division_name": self._division_names().get(found["division"], ""),
        }

    def find_names(self, actor: str, query: str, *, limit: int = 12) -> dict[str, Any]:
        """Return the place names that fit what is typed, the best first.

        Returns
        -------
        dict
            ``{"items", "total"}``; each item with its division and where it is.
        """
        number = self._number_of(actor, "place_names")
        index, allowed = self._index_of(actor, number)
        found, total = index.counted(query[:100], limit=limit, allowed=allowed)
        frame = self._frame("place_names", number)
        names = self._division_names()
        rows = records_of(frame.loc[[item["key"] for item in found]])
        for item, row in zip(found, rows, strict=True):
            item |= {name: row[name] for name in ("division", "category", "lon", "lat")}
            item["division_name"] = names.get(row["division"] or "", "")
        return {"items": found, "total": total}

    def name_index(self, actor: str) -> tuple[Index, NDArray[np.bool_] | None]:
        """Return the index of names and which of them the actor may be told of."""
        return self._index_of(actor, self._number_of(actor, "place_names"))

    def _index_of(
        self, actor: str, number: int
    ) -> tuple[Index, NDArray[np.bool_] | None]:
        user = self.user(actor)
        key = (self.store.url, number)
        frame = self._frame("place_names", number)
        index: Index = _indexes.get(key, lambda: Index(frame))
        if actor == ANONYMOUS:
            return index, index.public
        if self._holds(user, "", "place_names"):
            return index, None
        allowed = [self._holds(user, code, "place_names") for code in index.divisions]
        return index, np.array(allowed, dtype=bool)

    def records_in(
        self,
        actor: str,
        layer: str,
        box: tuple[float, float, float, float],
        asked: Mapping[str, Any] | None = None,
        *,
        zoom: float | None = None,
        most: int = 2000,
    ) -> dict[str, Any]:
        """Return what of a register lies in a box, as GeoJSON; the map draws it.

        Parameters
        ----------
        asked
            What the list beside the map is narrowed to, as its address says.
        zoom
            Of the map: many points close together become one. None: each by itself.

        Returns
        -------
        dict
            A FeatureCollection with ``total``, how many points lie in the box, and
            ``box``, what all points asked for span wherever they lie.
        """
        if layer == "markers":
            found = self.marker_register(actor).points(MarkerWish.of(asked or {}))
        elif layer == "facilities":
            wish = facilities.Wish.of(asked or {})
            found = facilities.points(self._register(actor, layer)[0], wish)
        else:
            frame, index = self.name_register(actor)[0], self.name_index(actor)[0]
            found = points(frame, index, Wish.of(asked or {}))
        near = [feature for feature in found if clusters.inside(feature, box)]
        drawn = near if zoom is None else clusters.gathered(near, zoom)
        return {
            "type": "FeatureCollection",
            "features": drawn[:most],
            "total": len(near),
            "box": clusters.box_of(found),
        }

    def name_hints(self, actor: str, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the rules would say of a name being typed, and its spelling."""
        from boundaries.gazetteer.romanise import romanise
        from boundaries.rules.registers import check_register

        self.may("stage", actor, layer="place_names")
        name, category = str(record.get("name") or ""), record.get("category")
        if not name.strip():
            return {"findings": [], "romanised": None}
        frame = self._one("place_names", {"place": _TYPED, **record})
        try:
            base, _ = self.name_register(actor)
        except NotFoundError:
            base = self._empty("place_names")
        around = taken.around_registers(self.store, today())
        own = str(record.get("place") or "")
        candidate = pd.concat([base[~base.index.isin([own])], frame])
        found = check_register(
            "place_names",
            gpd.GeoDataFrame(candidate, geometry="geometry", crs=crs.STORAGE),
            base=base,
            changed=frame.index,
            divisions=around.divisions,
            markers=around.markers,
            settings=self.settings.registers,
        )
        found = found[found["rule"] != "required"]
        return {
            "findings": [
                {
                    "rule": rule,
                    "severity": severity,
                    "label": Severity(severity).label._asdict(),
                    "message": {"zh": zh, "en": en},
                }
                for rule, severity, zh, en in zip(
                    found["rule"],
                    found["severity"],
                    found["message_zh"],
                    found["message_en"],
                    strict=True,
                )
            ],
            "romanised": romanise(name, str(category) if category else None).to_dict(),
        }

    def open_drafts(self, actor: str, layer: str) -> list[dict[str, Any]]:
        """Return the actor's own drafts of a register that an edit may go into.

        Raises
        ------
        ForbiddenError
            When nothing of this register is theirs to edit.
        """
        user = self.may("stage", actor, layer=layer)
        states = sorted(review.EDITABLE - {DraftState.CONFLICT})
        return self.drafts_with(
            user,
            [f"author:{actor}"],
            [f"layer:{layer}"],
            [f"state:{state}" for state in states],
        )

    def edit_record(
        self,
        actor: str,
        layer: str,
        record: Mapping[str, Any],
        *,
        effective: str,
        basis: str = "",
        draft: str | None = None,
        new: bool = False,
    ) -> dict[str, Any]:
        """Stage one record, alone or beside what a draft of the actor has staged.

        Parameters
        ----------
        record
            Attributes by our names; ``lon`` and ``lat`` as
            :func:`boundaries.positions.position` takes them; those left out keep
            what the base says.
        draft
            One of :meth:`open_drafts`; its date and basis stay.
        new
            The record must not be there yet.
        """
        if layer not in columns.REGISTERS:
            raise InputError(
                Text(f"没有登记 {layer}。", f"There is no register {layer}.")
            )
        with logged("edit_record", actor, layer=layer):
            frame = self._one(layer, record)
            key = self.store.layers()[layer].key
            if layer == "place_names":
                _require_somewhere(record)
            if new and not frame[key].isna().all():
                self._require_new(layer, str(frame[key].iloc[0]))
            if draft is None:
                title = _title(layer, record)
                return self.stage(
                    actor, frame, layer=layer, effective=effective, basis=basis,
                    title=title,
                )  # fmt: skip
            document = self.seen(actor, draft)
            self.may("restage", actor, draft=document)
            changes = self.store.staged(draft)
            return self.stage(
                actor,
                self._beside(layer, changes, frame),
                layer=layer,
                effective=document["effective"],
                basis=document["basis"] or basis,
                title=document["title"],
                complete=[str(gone) for gone in changes.removed],
                draft=draft,
            )

    def _beside(
        self, layer: str, changes: ChangeSet, frame: gpd.GeoDataFrame
    ) -> gpd.GeoDataFrame:
        """Return what a draft has staged with one record more, or one instead."""
        key = self.store.layers()[layer].key
        name = frame[key].iloc[0]
        staged = changes.new.drop(columns=["valid_from", "valid_to"], errors="ignore")
        old = staged
        if name not in staged.index:
            old = staging.layer_before(
                self.store, layer, changes.effective, keys=[str(name)]
            )
        if name in old.index:
            before = {**old.loc[name].to_dict()}
            shape = frame.geometry.iloc[0] or before["geometry"]
            said = frame.drop(columns="geometry").iloc[0].to_dict()
            row = {**before, **said, "geometry": shape}
            frame = gpd.GeoDataFrame([row], geometry="geometry", crs=crs.STORAGE)
        rest = staged[staged.index != name].reset_index(drop=True).astype(object)
        both = pd.concat([rest, frame.astype(object)], ignore_index=True)
        return gpd.GeoDataFrame(both, geometry="geometry", crs=crs.STORAGE)

    def _require_new(self, layer: str, key: str) -> None:
        head = self.store.snapshot(layer, keys=[key], geometry=False)
        if len(head):
            raise InputError(
                Text(f"{key} 已在登记中。", f"{key} is in the register already."),
                Text("请修改原记录。", "Edit the record that is there."),
            )

    def _one(self, layer: str, record: Mapping[str, Any]) -> gpd.GeoDataFrame:
        """Return one record as a frame, as a file with one row would be read."""
        schema = self.store.layers()[layer]
        known = {field.name for field in schema.fields}
        row = {name: _short(value) for name, value in record.items() if name in known}
        row.setdefault(schema.key, None)
        index = [row["place"]] if row.get("place") == _TYPED else None
        table = pd.DataFrame([row], dtype=object, index=index)
        frame = gpd.GeoDataFrame(table, geometry=[_point(record)], crs=crs.STORAGE)
        if index is None:
            return frame
        prepared = columns.prepared(frame, layer)
        return prepared.reindex(
            columns=[*(field.name for field in schema.fields), "geometry"]
        )

    def _register(self, actor: str, layer: str) -> tuple[gpd.GeoDataFrame, int]:
        number = self._number_of(actor, layer)
        frame = self._frame(layer, number)
        return self._within(self.user(actor), frame, layer), number

    def _number_of(self, actor: str, layer: str) -> int:
        at = self._visible(self.user(actor), layer, None)
        return self.store.version(at, layer).number

    def _frame(self, layer: str, number: int) -> gpd.GeoDataFrame:
        frame: gpd.GeoDataFrame = _frames.get(
            (self.store.url, layer, number),
            lambda: _in_force(self.store.snapshot(layer, at=number)),
        )
        return frame

    def _empty(self, layer: str) -> gpd.GeoDataFrame:
        return self.store.snapshot(layer, at=0)

    def _division_names(self) -> dict[str, str]:
        at = self.store.tags().get("published/divisions")
        if not at:
            return {}
        found: dict[str, str] = _frames.get(
            (self.store.url, "names", at),
            lambda: dict(
                self.store.snapshot("divisions", at=at, geometry=False)["name"].items()
            ),
        )
        return found


_TYPED = "\x00typed"
"""Stands for the key of a name that is only being typed."""


def _in_force(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame[frame["valid_to"].isna()]


def _point(record: Mapping[str, Any]) -> Any:
    lon, lat = record.get("lon"), record.get("lat")
    if lon in (None, "") or lat in (None, ""):
        return None
    codes = [str(record.get("division") or "")]
    codes += re.findall(r"\d{4,}", f"{record.get('units')} {record.get('marker')}")
    return shapely.Point(*position(lon, lat, codes))


def _short(value: Any) -> Any:
    """Return a value as a form sends it; refuse one that is far too long."""
    if isinstance(value, str) and len(value) > LONGEST:
        raise InputError(
            Text(
                f"文字超过 {LONGEST} 个字。",
                f"A text is longer than {LONGEST} letters.",
            )
        )
    return None if value == "" else value


def _require_somewhere(record: Mapping[str, Any]) -> None:
    """Refuse a name that neither a division nor a position puts anywhere."""
    if record.get("division") or record.get("lon") not in (None, ""):
        return
    raise InputError(
        Text(
            "请在地图上标出位置，或填写所属区划。",
            "Mark the position on the map, or give the division.",
        )
    )


def _title(layer: str, record: Mapping[str, Any]) -> str:
    named = record.get("name") or record.get("marker") or record.get("subject") or ""
    words = {"markers": "界桩", "inspections": "检查", "place_names": "地名"}
    words["facilities"] = "设施"
    return f"{words[layer]} {named}".strip()
