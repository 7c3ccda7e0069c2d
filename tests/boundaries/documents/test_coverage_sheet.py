"""What the sheet of coverage says of the versions it stands on."""

from __future__ import annotations

from boundaries.documents.coverage_sheet import edition

VERSION = {"number": 2, "effective": "2026-03-01", "digest": "sha256:b3dfbe46fa77aa"}


def test_a_version_is_not_said_to_hold_from_after_the_day_asked_for() -> None:
    assert edition(VERSION, "2026-11-22") == "v2 · 2026-03-01 · b3dfbe46fa77"
    assert edition(VERSION, "2025-06-30") == "v2 · b3dfbe46fa77"
