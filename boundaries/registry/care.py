"""What anybody may know of eldercare: the published facilities."""

from __future__ import annotations

from boundaries.accounts import ANONYMOUS
from boundaries.registry.publishing import tag_of
from boundaries.registry.registers import Registers
from boundaries.services.offered import Offers, offers


class PublicCare(Registers):
    """The public map of eldercare and the handbook stand on these."""

    def care_edition(self) -> tuple[int, int]:
        """Return the published versions of facilities and divisions, 0: none."""
        tags = self.store.tags()
        facilities = int(tags.get(tag_of("facilities")) or 0)
        return facilities, int(tags.get(tag_of("divisions")) or 0)

    def care_offers(self) -> Offers:
        """Return what anybody may know of the published facilities.

        Raises
        ------
        NotFoundError
            When no facilities are published.
        """
        frame, number = self._register(ANONYMOUS, "facilities")
        version = self.store.version(number, "facilities")
        return offers(
            frame,
            self._division_names(),
            version=number,
            as_of=str(version.effective),
            divisions_version=self.care_edition()[1],
            suppressed_below=self.settings.services.suppressed_below,
        )
