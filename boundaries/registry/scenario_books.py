"""Scenarios computed anew, beside each other, and as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.books import write_book
from boundaries.products import marked
from boundaries.registry.scenarios import Scenarios, suffix_of
from boundaries.services import scenario_tables as tables
from boundaries.services.edits import applied
from boundaries.services.scenario_words import worded
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST_COMPARED = 6
FORMATS = {"XLSX": ".xlsx", "GPKG": ".gpkg"}


class ScenarioBooks(Scenarios):
    """Recompute, compare and export what was saved."""

    def recomputed_scenario(self, actor: str, scenario: str) -> dict[str, Any]:
        """Compute a scenario's figures from nothing; say whether they are those kept.

        Returns
        -------
        dict
            ``{"id", "same", "differ", "coverage"}``: codes of units, and indicators,
            that differ; ``coverage`` has also ``room`` and ``indicators``.
        """
        from boundaries.services.coverage import coverage
        from boundaries.services.indicators.reaching import anew
        from boundaries.services.planning.keeper import situation_of
        from boundaries.services.room import room

        self.may("view", actor)
        found = self._scenario(self.store, scenario)
        base, edits, kept = found["base"], found["edits"], found["figures"]
        how = {"level": base["level"], "types": base["types"]}
        place = situation_of(self, actor, base)
        after = place.with_facilities(applied(place, edits), scenario)
        told = coverage(after, **how).to_dict()
        if base.get("need_per_thousand") and place.network is not None:
            told["room"] = room(
                after, **how, supply=base["supply"],
                need_per_thousand=base["need_per_thousand"],
            ).to_dict()  # fmt: skip
        differ = tables.differing(kept, told)
        told["indicators"] = []
        if "indicators" in kept:
            inputs = self.book_of(actor, place, base["scope"]).inputs
            counted = situation_of(
                self, actor, {**base, "group": inputs.options.elderly}
            )
            told["indicators"] = anew(inputs, counted, edits, base["scope"])
            differ += tables.moved_indicators(kept, told["indicators"])
        return {"id": scenario, "same": not differ, "differ": differ, "coverage": told}

    def compare_scenarios(self, actor: str, names: Sequence[str]) -> dict[str, Any]:
        """Return up to six scenarios beside each other."""
        self.may("view", actor)
        asked = list(dict.fromkeys(names))
        if not 1 <= len(asked) <= MOST_COMPARED:
            raise InputError(
                Text(f"请选择 1 至 {MOST_COMPARED} 个方案。",
                     f"Choose 1 to {MOST_COMPARED} scenarios."),
            )  # fmt: skip
        found = [self._scenario(self.store, name) for name in asked]
        if len({each["base"]["level"] for each in found}) > 1:
            raise InputError(
                Text("所选方案的统计级别不同，不能并列。",
                     "The scenarios count by different levels."),
                Text("请选择同一级别的方案。", "Choose those of one level."),
            )  # fmt: skip
        return tables.compared(found)

    def export_scenario(
        self, actor: str, scenario: str, driver: str = "XLSX", language: str = "zh"
    ) -> tuple[str, bytes]:
        """Return a scenario as a file: its name and content."""
        from geodata.files.writing import write

        self.may("export", actor)
        name = f"{scenario}{suffix_of(driver, FORMATS)}"
        found = self._scenario(self.store, scenario)

        def fill(path: Path) -> None:
            if driver == "XLSX":
                sheets = worded(tables.tables(found, language), language)
                write_book(sheets, path, marked(self.notice(), language), language)
            else:
                write(tables.places(found), path, layer="facilities")

        return self._handed_out(
            actor, "export_scenario", scenario, name, fill, driver=driver
        )

    def export_comparison(
        self, actor: str, names: Sequence[str], language: str = "zh"
    ) -> tuple[str, bytes]:
        """Return scenarios beside each other as a workbook: its name and content."""
        self.may("export", actor)
        found = self.compare_scenarios(actor, names)
        subject = "-".join(each["id"] for each in found["scenarios"])
        sheets = worded(tables.compared_tables(found, language), language)
        mark = marked(self.notice(), language)
        return self._handed_out(
            actor, "export_scenario", subject, f"{subject}.xlsx",
            lambda path: write_book(sheets, path, mark, language), driver="XLSX",
        )  # fmt: skip
