"""Kind, level and name fit the code (domain B1, B2, B3 rule 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries import codes
from boundaries.rules import finding
from boundaries.rules.context import missing
from boundaries.vocabulary import KIND_LEVELS, NAME_SUFFIXES, Kind, Level
from geodata.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from boundaries.rules.context import Context

SOURCE = "GB/T 2260-2007; GB/T 10114-2003"


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report kinds outside their code's range, wrong levels and wrong endings."""
    rows: list[dict[str, Any]] = []
    kinds = context.column("kind")
    levels = context.column("level")
    subjects = context.candidate.index.isin(context.changed)
    for key, said, level in zip(
        context.candidate.index[subjects],
        kinds[subjects],
        levels[subjects],
        strict=True,
    ):
        if not codes.is_code(key):
            continue
        rows += _level(context, key, level)
        if missing(said):
            continue
        try:
            kind = Kind.of(str(said))
        except ValueError:
            rows.append(_unknown(context, key, str(said)))
            continue
        rows += _range(context, key, kind)
        rows += _ending(context, key, kind)
    return finding.frame(rows)


def _level(context: Context, key: Any, said: Any) -> list[dict[str, Any]]:
    real = codes.infer_level(key)
    if missing(said) or int(said) == real:
        return []
    given = (
        Level(int(said)).label if int(said) in list(Level) else Text(*[str(said)] * 2)
    )
    return [
        finding.finding(
            "level",
            "error",
            [str(key)],
            Text(
                f"{context.label(key)} 的级别为 {given.zh}，而代码属于{real.label.zh}。"
                "请改正其一。",
                f"{context.label(key)} is said to be at {given.en}, its code at "
                f"{real.label.en}. Correct one of them.",
            ),
            source=SOURCE,
        )
    ]


def _unknown(context: Context, key: Any, said: str) -> dict[str, Any]:
    return finding.finding(
        "kind",
        "error",
        [str(key)],
        Text(
            f"{context.label(key)} 的类别“{said}”不是已知类别。请从类别表中选择。",
            f"{context.label(key)}: no kind {said!r}. Choose one of the list.",
        ),
        place="unknown",
        source=SOURCE,
    )


def _range(context: Context, key: Any, kind: Kind) -> list[dict[str, Any]]:
    """Report a kind the code's number does not admit; a warning where none is set."""
    admitted = codes.kind_range(key)
    if kind in admitted or KIND_LEVELS[kind] != codes.infer_level(key):
        if kind in admitted:
            return []
        words = KIND_LEVELS[kind].label
        return [
            finding.finding(
                "kind",
                "error",
                [str(key)],
                Text(
                    f"{context.label(key)} 的类别“{kind.label.zh}”属于{words.zh}，"
                    "与代码的级别不符。请改正其一。",
                    f"{context.label(key)} is a {kind.label.en}, of the {words.en}, "
                    "unlike its code. Correct one of them.",
                ),
                place="range",
                source=SOURCE,
            )
        ]
    free = not admitted or {Kind.TOWNSHIP_LIKE, Kind.COMMUNITY_LIKE} & admitted
    may = "、".join(sorted(other.label.zh for other in admitted)) or "未分配"
    may_en = ", ".join(sorted(other.label.en for other in admitted)) or "nothing"
    return [
        finding.finding(
            "kind",
            "warning" if free else "error",
            [str(key)],
            Text(
                f"{context.label(key)} 是{kind.label.zh}，而其代码段用于{may}。"
                "类别变更须换用相应代码段的新代码。",
                f"{context.label(key)} is a {kind.label.en}, but its code is of the "
                f"range for: {may_en}. A change of kind takes a code of its range.",
            ),
            place="range",
            source=SOURCE,
        )
    ]


def _ending(context: Context, key: Any, kind: Kind) -> list[dict[str, Any]]:
    """Report a name that does not end as its kind does, or names the office."""
    name = context.name.get(key, "").strip()
    endings = NAME_SUFFIXES.get(kind, ())
    if not name:
        return []
    standard = codes.standard_name(name)
    if standard != name:
        return [
            finding.finding(
                "name",
                "warning",
                [str(key)],
                Text(
                    f"{context.label(key)} 是办事机构的名称，区域应写作“{standard}”。",
                    f"{context.label(key)} names an office; the area is {standard!r}.",
                ),
                place="office",
                source="domain B2",
            )
        ]
    if not endings or name.endswith(endings):
        return []
    return [
        finding.finding(
            "name",
            "warning",
            [str(key)],
            Text(
                f"{context.label(key)} 的名称不以“{'／'.join(endings)}”结尾，"
                f"与类别“{kind.label.zh}”不符。请填写标准全称。",
                f"The name of {context.label(key)} does not end as that of a "
                f"{kind.label.en} does ({' / '.join(endings)}). Write the full name.",
            ),
            place="ending",
            source="domain B2",
        )
    ]
