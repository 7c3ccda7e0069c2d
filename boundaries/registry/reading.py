"""Reading with the caller's scope applied: snapshots, differences, history, export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from boundaries import codes, columns, review
from boundaries.accounts import ANONYMOUS
from boundaries.registry import staging
from boundaries.registry.desk import DRAFTS, Desk, logged
from boundaries.registry.difference import Difference, redrawn, why
from boundaries.registry.publishing import tag_of
from boundaries.services.population import UNTOLD, sheltered
from geodata.errors import ForbiddenError, InputError, NotFoundError, Text
from geodata.store import dates

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from boundaries.accounts import User
    from geodata.store.changes import ChangeSet, Version


class Readings(Desk):
    """Snapshot, versions, diff, history and export, each within the caller's scope."""

    def snapshot(
        self,
        actor: str,
        layer: str = "divisions",
        *,
        at: int | str | None = None,
        valid_on: str | None = None,
        known_on: str | None = None,
        scope: bool = True,
    ) -> gpd.GeoDataFrame:
        """Return a layer's features as the actor may see them.

        Whoever has no working role sees the published version and what came
        before it; with ``scope`` a working role bound to a subtree sees that
        subtree only.
        """
        user = self.user(actor)
        at = self._visible(user, layer, at)
        found = self.store.snapshot(layer, at=at, valid_on=valid_on, known_on=known_on)
        return self._within(user, found, layer) if scope else found

    def versions(self, actor: str, layer: str | None = None) -> list[Version]:
        """Return the versions the actor may see, oldest first."""
        user = self.may("view_published", actor)
        found = self.store.versions(layer)
        if review.holds("view", user):
            return found
        tags = self.store.tags()
        return [v for v in found if v.number <= tags.get(tag_of(v.layer), 0)]

    def diff(
        self,
        actor: str,
        old: int | str,
        new: int | str | None = None,
        layer: str = "divisions",
    ) -> Difference:
        """Return what changed between two versions, tags or dates.

        Parameters
        ----------
        old, new
            A version number, a tag, or a date (``2019``, ``2019-06-01``) for the
            state in force then; ``new`` None: the layer as it stands (for those
            who may see it, else as published).
        """
        from geodata import topology
        from geodata.store.diffing import changes_between

        with logged("diff", actor, old=old, new=new):
            user = self.user(actor)
            before, before_words, low = self._state(user, layer, old)
            after, after_words, high = self._state(user, layer, new)
            before, after = (
                self._within(user, each, layer) for each in (before, after)
            )
            changes = changes_between(
                before,
                after,
                layer=layer,
                base=low,
                effective="1949",
                complete=True,
            )
            drawn = redrawn(changes)
            return Difference(
                layer=layer,
                old=before_words,
                new=after_words,
                basis=tuple(
                    {**why(version), "unseen": self._unseen(user, version, changes)}
                    for version in self.store.versions(layer)
                    if low < version.number <= high
                ),
                changes=changes,
                moves=staging.moved(
                    before.loc[before.index.isin(drawn)],
                    after.loc[after.index.isin(drawn)],
                ),
                areas_m2=topology.symmetric_difference_m2(
                    changes.old.loc[changes.changed.intersection(drawn)],
                    changes.new.loc[changes.changed.intersection(drawn)],
                ),
            )

    def _unseen(self, user: User, version: Version, changes: ChangeSet) -> list[str]:
        """Return the first keys a version changed that the difference lacks."""
        draft = self.store.get(DRAFTS, str(version.doc.get("draft"))) or {}
        shown = {str(key) for key in changes.keys}
        all_ = self._holds(user, "", version.layer)
        return [
            key
            for key in draft.get("keys", ())
            if key not in shown
            and (all_ or (version.layer == "divisions" and self._holds(user, key)))
        ]

    def history(
        self, actor: str, key: str, layer: str = "divisions"
    ) -> list[dict[str, Any]]:
        """Return every state of a feature, oldest first, and which version said it.

        As the actor may see them: states of their subtree, of versions published
        for whoever has no working role. ``made_by`` is the version that said it from
        its date on, ``basis`` that version's; ``version`` may be one that only ended
        it and wrote what is left of it anew.
        """
        user = self.user(actor)
        last = self.store.version(self._visible(user, layer, None), layer).number
        versions = {v.number: v for v in self.store.versions(layer)}
        every = self.store.history(layer, key)
        makers = [_made_by(every, state) for state in every]
        states = [
            {
                **state,
                "superseded_by": _known(state["superseded_by"], last),
                "made_by": made_by,
                "basis": versions[made_by].basis,
            }
            for state, made_by in zip(every, makers, strict=True)
            if state["version"] <= last
            and self._shown(user, layer, key, state["properties"])
        ]
        if layer == POPULATION and not review.holds("view", user):
            states = [self._sheltered_state(key, state) for state in states]
        if not states:
            raise NotFoundError(Text(f"没有 {key}。", f"There is no {key}."))
        return states

    def export(
        self,
        actor: str,
        path: Path,
        *,
        layer: str = "divisions",
        driver: str | None = None,
        at: int | str | None = None,
        valid_on: str | None = None,
        known_on: str | None = None,
        language: str = "zh",
        **options: Any,
    ) -> dict[str, Any]:
        """Write a layer, within the actor's scope, to a file; it is journalled.

        Returns
        -------
        dict
            ``{"path", "features", "version", "driver"}``.
        """
        from boundaries.products import INTERNAL, flattened, labelled
        from boundaries.spoken import spoken
        from geodata import files
        from geodata.files.formats import format_of

        user = self.may("export", actor)
        at = self._visible(user, layer, at)
        frame = self.snapshot(actor, layer, at=at, valid_on=valid_on, known_on=known_on)
        version = self.store.version(at, layer)
        number = version.number
        form = format_of(path, driver).name
        worded, heads = spoken(frame, layer, form, self.unit_names(), language)
        marked = labelled(flattened(worded), version, INTERNAL, valid_on)
        labels = {**columns.headings(layer), **heads}
        files.write(marked, path, driver, headings=labels, language=language, **options)
        done = {
            "path": str(path),
            "features": len(frame),
            "version": number,
            "driver": driver,
        }
        with self.store.write() as tx:
            self.record(tx, actor, "export", f"{layer}@{number}", **done)
        return done

    def unit_names(self) -> dict[str, str]:
        """Return code and name of every division that is or was published."""
        at = self.store.tags().get(tag_of(review.DIVISIONS))
        if not at:
            return {}
        units = self.store.snapshot(review.DIVISIONS, at=at, geometry=False)
        return {str(code): str(name) for code, name in units["name"].items()}

    def _visible(self, user: User, layer: str, at: int | str | None) -> int | str:
        """Return the version asked for, if the user may see it."""
        review.allow("view_published", user)
        if user.name == ANONYMOUS and layer in NEVER_PUBLIC:
            raise ForbiddenError(
                Text(
                    "界桩及其检查记录、人口表不公开，请先登录。",
                    "Markers, their inspections and tables of population are not "
                    "public; sign in.",
                )
            )
        if review.holds("view", user):
            return at if at is not None else self._head(layer)
        published = self.store.tags().get(tag_of(layer))
        if published is None:
            raise NotFoundError(
                Text(f"{layer} 尚未发布。", f"{layer} has not been published.")
            )
        if at is None:
            return published
        if self.store.version(at, layer).number > published:
            raise ForbiddenError(
                Text("该版本尚未发布。", "That version is not published."),
            )
        return at

    def _head(self, layer: str) -> int:
        head = self.store.head(layer)
        if not head:
            raise NotFoundError(
                Text(f"图层 {layer} 还没有版本。", f"{layer} has no version yet.")
            )
        return head

    def _within(
        self, user: User, frame: gpd.GeoDataFrame, layer: str
    ) -> gpd.GeoDataFrame:
        if user.name == ANONYMOUS and "public" in frame:
            frame = frame[frame["public"].eq(True).fillna(False).astype(bool)]
        if layer == POPULATION and not review.holds("view", user):
            frame, _ = sheltered(frame, self.settings.services.suppressed_below)
        if self._holds(user, "", layer):
            return frame
        column = division_of(layer)
        if column not in frame:
            return frame.iloc[:0]
        # asked once a division: a register has a hundred names in each
        cells = [belonging(cell) for cell in frame[column]]
        named = {code for cell in cells for code in cell}
        held = {code: self._holds(user, code, layer) for code in named}
        return frame[[any(held[code] for code in cell) for cell in cells]]

    def _sheltered_state(self, key: str, state: dict[str, Any]) -> dict[str, Any]:
        """Return a state of population with what a list of its day keeps back."""
        whole = self.store.snapshot(
            POPULATION, at=state["version"], valid_on=state["valid_from"]
        )
        shown, hidden = sheltered(whole, self.settings.services.suppressed_below)
        here = np.asarray(shown.index == key)
        gone = {"outside", *hidden}
        if here.any():
            gone = {name for name in gone if shown[name][here].isna().any()}
        told = {
            name: None if name in gone else value
            for name, value in state["properties"].items()
            if name not in UNTOLD
        }
        return {**state, "properties": told}

    def _shown(
        self, user: User, layer: str, key: str, properties: dict[str, Any]
    ) -> bool:
        """Return whether the user may see a state of a feature."""
        if layer == "divisions":
            return self._holds(user, key)
        if user.name == ANONYMOUS and not properties.get("public", True):
            return False
        sides = belonging(properties.get(division_of(layer), ""))
        return any(self._holds(user, code, layer) for code in sides)

    def _holds(self, user: User, code: str, layer: str = review.DIVISIONS) -> bool:
        """Return whether the user may see what a layer has in a division.

        ``""``: may see all of it. A token reaches no further than its owner.
        """
        asked = (user, user.owner) if user.owner else (user,)
        return all(_reaches(each, code, layer) for each in asked)

    def _state(
        self, user: User, layer: str, ref: int | str | None
    ) -> tuple[gpd.GeoDataFrame, str, int]:
        """Return a state, words for it, and the last version it rests on."""
        top = self._visible(user, layer, None)
        if isinstance(ref, str) and not ref.isdigit() and not _is_tag(self.store, ref):
            on = dates.parse(ref)
            number = self.store.version(top, layer).number
            known = [
                v.number
                for v in self.store.versions(layer)
                if v.number <= number and v.effective <= dates.last_day(on)
            ]
            frame = self.store.snapshot(layer, at=top, valid_on=on)
            return frame, on, max(known, default=0)
        if isinstance(ref, str) and ref.isdigit() and len(ref) == _YEAR:
            raise InputError(
                Text(f"{ref} 是版本号还是年份？", f"Is {ref} a version or a year?"),
                Text(f"年份请写 {ref}-01。", f"For the year write {ref}-01."),
            )
        asked = int(ref) if isinstance(ref, str) and ref.isdigit() else ref
        at = self._visible(user, layer, asked)
        number = self.store.version(at, layer).number
        return self.store.snapshot(layer, at=number), f"version {number}", number


_YEAR = 4
POPULATION = "population"
NEVER_PUBLIC = frozenset({"markers", "inspections", POPULATION})
"""Layers that nobody sees without signing in: where markers stand is not public, and
people are counted for work."""
_COLUMNS = {
    "divisions": "code",
    "boundary_lines": "left",
    "markers": "units",
    "inspections": "units",
}


def division_of(layer: str) -> str:
    """Return the column that names the division a feature belongs to."""
    return _COLUMNS.get(layer, "division")


def belonging(division: Any) -> list[str]:
    """Return the codes in a cell of the column :func:`division_of` names."""
    if isinstance(division, list):
        return [str(code) for code in division] or [""]
    return [str(division or "")]


def _made_by(states: list[dict[str, Any]], state: dict[str, Any]) -> int:
    """Return the version that first said a state from its date on."""
    made: dict[str, Any] | None = state
    while made is not None:
        version = int(made["version"])
        made = next(
            (
                each
                for each in states
                if each["superseded_by"] == version
                and each["valid_from"] == state["valid_from"]
                and each["properties"] == state["properties"]
                and each["geometry"] == state["geometry"]
            ),
            None,
        )
    return version


def _known(version: int | None, last: int) -> int | None:
    """Return a version's number if it is among those the reader may know of."""
    return version if version is not None and version <= last else None


def _reaches(user: User, code: str, layer: str) -> bool:
    """Return whether a person's grants reach a division, ``""``: all of them.

    Working roles bind to their subtrees. Whoever has none sees the published
    divisions, which are the country's; of registers only what lies in the subtrees
    they were given.
    """
    subtrees = user.subtrees(review.verb("view").roles)
    if not subtrees and layer != review.DIVISIONS:
        subtrees = user.subtrees(user.roles)
    if not subtrees or "" in subtrees:
        return True
    return any(codes.is_within(code, subtree) for subtree in subtrees)


def _is_tag(store: Any, ref: str) -> bool:
    return ref in store.tags()
