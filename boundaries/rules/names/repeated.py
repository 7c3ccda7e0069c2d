"""Names of one class differ in their scope, also by sound (地名管理条例 art 9(7)(8)).

Seats of committees within a county; streets, residential areas and buildings within
the built-up area, for which the county stands until its outline is a layer; townships
within a province, counties nationwide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from boundaries.gazetteer.romanise import letters, romanise
from boundaries.rules.finding import finding
from boundaries.rules.name_scope import toned
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records

SOURCE = "地名管理条例 art 9"
DIGITS = {"committee": 6, "street": 6, "building": 6, "division": 2, "natural": 6}
"""Class -> leading digits of the division code within which a name is unique; other
classes: a note within a county."""
_OTHERS = 6


def rule(records: Records) -> list[dict[str, Any]]:
    """Report changed names that another name of their scope bears, or sounds like."""
    names = table(records)
    mine = names[names["changed"]]
    found = []
    for by, repeats in (("name", _repeated), ("sound", _sounding)):
        wanted = set(mine["scope"] + mine[by])
        same = names[(names["scope"] + names[by]).isin(wanted)]
        for _, group in same.groupby(["scope", by], sort=True):
            if len(group) > 1 and group["changed"].any():
                found += repeats(records, group)
    return found


def table(records: Records) -> pd.DataFrame:
    """Return every name in use or proposed with its scope and its sound."""
    frame = records.candidate
    names = pd.DataFrame(
        {
            "key": frame.index.astype(str),
            "name": [str(name or "") for name in frame["name"]],
            "category": [str(kind or "other") for kind in frame["category"]],
            "division": [str(code or "") for code in frame["division"]],
            "romanised": [str(text or "") for text in frame["romanised"]],
            "status": [str(status or "in_use") for status in frame["status"]],
            "changed": frame.index.isin(records.changed),
        }
    )
    names = names[names["status"] != "former"]
    scope = [
        f"{kind}:{code[: DIGITS.get(kind, _OTHERS)]}:"
        for kind, code in zip(names["category"], names["division"], strict=True)
    ]
    here = names.assign(scope=scope)
    wanted = set(here.loc[here["changed"], "scope"])
    here = here[here["scope"].isin(wanted)]
    return here.assign(
        sound=[
            letters(text) or letters(romanise(name, kind).text)
            for text, name, kind in zip(
                here["romanised"], here["name"], here["category"], strict=True
            )
        ]
    )


def _repeated(records: Records, group: pd.DataFrame) -> list[dict[str, Any]]:
    name, kind = group["name"].iloc[0], group["category"].iloc[0]
    keys = group["key"].tolist()
    return [
        finding(
            "name_repeated",
            "error" if kind in DIGITS and kind != "natural" else "warning",
            keys,
            Text(
                f"同一范围内有 {len(keys)} 个地名叫“{name}”（{'、'.join(keys[:4])}）。"
                "请更名或删除重复。",
                f"{len(keys)} places of one scope are called {name} "
                f"({', '.join(keys[:4])}). Rename, or remove the repetition.",
            ),
            place=name,
            geometry=_at(records, keys),
            source=SOURCE,
        )
    ]


def _sounding(records: Records, group: pd.DataFrame) -> list[dict[str, Any]]:
    names = sorted(set(group["name"]))
    if len(names) < 2:
        return []
    exact = len({toned(name) for name in names}) == 1
    sound, listed = group["sound"].iloc[0], "、".join(names[:4])
    return [
        finding(
            "name_sound",
            "warning",
            group["key"].tolist(),
            Text(
                f"同一范围内 {listed} 读音相同（{sound}，"
                f"{'声调也相同' if exact else '声调不同'}）。请避免同音。",
                f"{', '.join(names[:4])} sound the same within one scope ({sound}, "
                f"tones {'too' if exact else 'differ'}). Avoid it.",
            ),
            place=str(sound),
            geometry=_at(records, group["key"].tolist()),
            source=SOURCE,
        )
    ]


def _at(records: Records, keys: list[str]) -> Any:
    changed = [key for key in keys if key in records.changed]
    return records.candidate.geometry.loc[changed[0]] if changed else None
