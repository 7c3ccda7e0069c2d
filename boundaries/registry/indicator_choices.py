"""Templates of networks and choices that officers make for indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries import codes
from boundaries.registry.indicator_records import (
    OPTIONS,
    TEMPLATES,
    IndicatorRecords,
    collection,
    no_record,
)
from boundaries.services.indicators.options import Options
from boundaries.services.indicators.standards import PARAMETERS, STANDARDS
from boundaries.services.indicators.targets import require_number
from boundaries.services.indicators.templates import BUILT_IN, Template
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geodata.store.protocol import Reader


class IndicatorChoices(IndicatorRecords):
    """Save, list and drop templates; say which choices hold in a unit."""

    def network_templates(self, actor: str) -> list[dict[str, Any]]:
        """Return the network templates: those built in, as changed, and others.

        Each as :meth:`Template.to_dict` with ``built_in``, ``changed``, ``scope``,
        ``by``, ``when`` and ``rev``.
        """
        self.may("view", actor)
        kept = {row["key"]: row for row in self._entries(self.store, TEMPLATES)}
        made = []
        for name in [*BUILT_IN, *(key for key in kept if key not in BUILT_IN)]:
            row = kept.get(name)
            shown = row["record"] if row else BUILT_IN[name].to_dict()
            made.append(
                {
                    **shown,
                    "id": name,
                    "scope": row["record"].get("scope", "") if row else "",
                    "built_in": name in BUILT_IN,
                    "changed": row is not None,
                    "by": row["by"] if row else None,
                    "when": row["when"] if row else None,
                    "rev": row["rev"] if row else 0,
                }
            )
        return made

    def save_template(
        self,
        actor: str,
        name: str,
        given: Mapping[str, Any],
        *,
        rev: int | None = None,
    ) -> dict[str, Any]:
        """Write a network template, new or changed, for a unit or (``""``) for all."""
        template = Template.of({**given, "id": name})
        scope = str(given.get("scope") or "")
        scope = codes.parse(scope).text if scope else ""
        record = {**template.to_dict(), "scope": scope}
        with self.store.write(lock=[collection(TEMPLATES)]) as tx:
            self.may("enter_indicators", actor, keys=[scope], reader=tx)
            saved = self._put_entry(tx, actor, TEMPLATES, name, record, rev)
            self.record(tx, actor, "save_template", name, **record)
        return saved

    def drop_template(self, actor: str, name: str) -> None:
        """Take a template away; one that is built in is as built in again."""
        with self.store.write(lock=[collection(TEMPLATES)]) as tx:
            found = tx.get(collection(TEMPLATES), name)
            if found is None or found["gone"]:
                raise no_record(TEMPLATES, name)
            self._put_entry(
                tx, actor, TEMPLATES, name, found["record"], None, gone=True
            )
            self.record(tx, actor, "drop_template", name)

    def indicator_options(self, actor: str, scope: str = "") -> dict[str, Any]:
        """Return the choices that hold in a unit: its own or the nearest above's.

        Returns
        -------
        dict
            ``{"scope", "options", "numbers", "by", "when", "rev"}``; ``numbers``
            are those of the standard chosen, with what was changed.
        """
        self.may("view", actor)
        return self._choices(self.store, scope)

    def save_options(
        self,
        actor: str,
        scope: str,
        options: Mapping[str, Any],
        numbers: Mapping[str, Any] | None = None,
        *,
        rev: int | None = None,
    ) -> dict[str, Any]:
        """Write the choices for a unit (``""``: for all), over the defaults."""
        scope = codes.parse(scope).text if scope else ""
        chosen = Options.of(options)
        if chosen.standard not in STANDARDS:
            raise InputError(
                Text(f"没有规划标准 {chosen.standard}。",
                     f"There is no standard {chosen.standard}."),
                Text(f"可用：{'、'.join(STANDARDS)}。",
                     f"One of: {', '.join(STANDARDS)}."),
            )  # fmt: skip
        record = {
            "scope": scope,
            "options": chosen.to_dict(),
            "numbers": _numbers(chosen.standard, numbers or {}),
        }
        with self.store.write(lock=[collection(OPTIONS)]) as tx:
            self.may("enter_indicators", actor, keys=[scope], reader=tx)
            self._put_entry(tx, actor, OPTIONS, scope or "all", record, rev)
            self.record(tx, actor, "save_options", scope, **record)
        return self._choices(self.store, scope)

    def _choices(self, reader: Reader, scope: str) -> dict[str, Any]:
        chain = [scope, *codes.ancestors(scope)] if codes.is_code(scope) else []
        kept = {row["key"]: row for row in self._entries(reader, OPTIONS)}
        row = next((kept[c] for c in [*chain, "all"] if c in kept), None)
        none: dict[str, Any] = {"options": {}, "numbers": {}, "scope": ""}
        record = row["record"] if row else none
        chosen = Options.of(record["options"])
        return {
            "scope": record["scope"],
            "options": chosen.to_dict(),
            "numbers": {**STANDARDS[chosen.standard].numbers, **record["numbers"]},
            "changed": record["numbers"],
            "by": row["by"] if row else None,
            "when": row["when"] if row else None,
            "rev": row["rev"] if row else 0,
        }


def _numbers(standard: str, given: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers that differ from the standard's; raise for what is none."""
    made: dict[str, float] = {}
    for name, cell in given.items():
        if name not in PARAMETERS:
            raise InputError(
                Text(f"没有标准参数 {name}。", f"There is no parameter {name}.")
            )
        if cell in (None, ""):
            continue
        value = require_number(cell, PARAMETERS[name])
        if value != STANDARDS[standard].numbers.get(name):
            made[name] = value
    return made
