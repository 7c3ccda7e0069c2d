"""Publishing: a tag moves, and clean products of the version are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries import products
from boundaries.registry.desk import DRAFTS, PRODUCTS, Desk, logged, today
from boundaries.vocabulary import DraftState
from geodata.errors import NotFoundError, StateError, Text

if TYPE_CHECKING:
    from geodata.store.protocol import Reader


def tag_of(layer: str) -> str:
    """Return the tag that names the published version of a layer."""
    return f"published/{layer}"


class Publishing(Desk):
    """Publish a version, and hand out its products."""

    def publish(
        self, actor: str, version: int | None = None, layer: str = "divisions"
    ) -> dict[str, Any]:
        """Make a version of a layer the published one.

        The products (GeoPackage, GeoJSON) are written first, from a snapshot and
        never from the live store; then tag, products and draft states move in one
        transaction.

        Returns
        -------
        dict
            ``{"layer", "version", "tag", "previous", "products": [...]}``.

        Raises
        ------
        StateError
            When the version is published already, or an older one than is.
        """
        with logged("publish", actor, layer=layer) as said:
            number, before = self.next_published(actor, version, layer)
            with (
                products.made(self.store, layer, number, today()) as work,
                self.store.write(lock=[tag_of(layer)]) as tx,
            ):
                before = tx.tags().get(tag_of(layer), 0)
                _require_forward(number, before, layer)
                scope = reach(tx, layer, before, number)
                self.may("publish", actor, keys=scope, reader=tx, layer=layer)
                kept = [
                    {**item.describe(), "digest": tx.put_blob(item.path)}
                    for item in work.files
                ]
                tx.tag(tag_of(layer), number)
                document = {
                    "layer": layer,
                    "version": number,
                    "version_digest": work.version_digest,
                    "files": kept,
                }
                if tx.get(PRODUCTS, str(number)) is None:
                    tx.put(PRODUCTS, str(number), document, parent=layer, rev=0)
                self._move_drafts(tx, layer, number, actor)
                self.record(
                    tx,
                    actor,
                    "publish",
                    f"{layer}@{number}",
                    previous=before,
                    products=[item["digest"] for item in kept],
                )
            said.update(version=number)
            return {
                "layer": layer,
                "version": number,
                "tag": tag_of(layer),
                "previous": before or None,
                "products": kept,
            }

    def next_published(
        self, actor: str, version: int | None = None, layer: str = "divisions"
    ) -> tuple[int, int]:
        """Return which version would follow which, or refuse to publish it.

        Raises
        ------
        StateError
            When the version is published already, or an older one than is.
        """
        self.may("publish", actor, layer=layer)
        number = self._number(version, layer)
        before = self.store.tags().get(tag_of(layer), 0)
        _require_forward(number, before, layer)
        keys = reach(self.store, layer, before, number)
        self.may("publish", actor, keys=keys, layer=layer)
        return number, before

    def products(self, version: int | None = None, layer: str = "divisions") -> Any:
        """Return the products of a published version: ``{"files": [...]}``."""
        number = version or self.store.tags().get(tag_of(layer))
        found = self.store.get(PRODUCTS, str(number)) if number else None
        if found is None:
            raise NotFoundError(
                Text("该版本尚未发布。", "That version was not published.")
            )
        return found

    def _number(self, version: int | None, layer: str) -> int:
        if version is not None:
            return self.store.version(version, layer).number
        head = self.store.head(layer)
        if not head:
            raise NotFoundError(
                Text(f"图层 {layer} 还没有版本。", f"{layer} has no version yet."),
                Text("请先批准一个草稿。", "Approve a draft first."),
            )
        return head

    def _move_drafts(self, tx: Any, layer: str, number: int, actor: str) -> None:
        """Mark the draft of the version published, and earlier ones superseded."""
        moving = {DraftState.APPROVED, DraftState.PUBLISHED}
        labels = [[f"state:{state}" for state in moving], [f"layer:{layer}"]]
        for document in tx.find(DRAFTS, labels=labels):
            version = document["version"]
            if version is None or document["state"] not in moving or version > number:
                continue
            state = DraftState.PUBLISHED if version == number else DraftState.SUPERSEDED
            self.move(tx, document, state, actor, note=tag_of(layer))


def reach(reader: Reader, layer: str, before: int, number: int) -> list[str]:
    """Return the division codes touched by the versions that become published.

    Taken from the draft of each version and not from what the layer looks like
    before and after: a change of the past leaves no trace there. A version that
    no draft led to is for those alone whose subtree is all (``""``).
    """
    found: set[str] = set()
    for version in reader.versions(layer):
        if before < version.number <= number:
            draft = reader.get(DRAFTS, str(version.doc.get("draft")))
            found |= set(draft["scope"] if draft else [""])
    return sorted(found)


def _require_forward(number: int, before: int, layer: str) -> None:
    if number == before:
        raise StateError(
            Text(
                f"{layer} 的版本 {number} 已是发布版本。",
                f"Version {number} of {layer} is published already.",
            )
        )
    if number < before:
        raise StateError(
            Text(
                f"已发布更新的版本 {before}，不能退回 {number}。",
                f"Version {before} is published; {number} is older.",
            ),
            Text(
                "请用 quhua revert 以新版本恢复。",
                "Revert as a new version: quhua revert.",
            ),
        )
