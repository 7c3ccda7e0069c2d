"""Lines for people: how readings, drafts, findings and differences are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.vocabulary import DraftState, Rule, Severity
from boundaries.words import called
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from boundaries.registry.difference import Difference
    from geodata.files.reading import Reading

MOST = 100
"""Findings listed in one document or on one screen; counts are always exact."""


def rows(frame: gpd.GeoDataFrame, most: int = MOST) -> dict[str, Any]:
    """Return findings for ``--json``: the first, and how many there are."""
    from boundaries.registry import reports

    return {"total": len(frame), "shown": reports.rows(frame, most=most)}


def reading(found: Reading) -> Iterator[Text]:
    """Say how a file was understood."""
    records = found.records
    yield Text(
        f"{found.driver}，图层 {found.layer}：读 {records.read} 条，"
        f"留 {records.kept} 条，拒 {len(records.refused)} 条。",
        f"{found.driver}, layer {found.layer}: {records.read} read, "
        f"{records.kept} kept, {len(records.refused)} refused.",
    )
    yield _system(found)
    yield Text(
        f"编码 {found.encoding.name}（{found.encoding.confidence:.0%}）："
        f"{found.encoding.evidence}",
        f"Encoding {found.encoding.name} ({found.encoding.confidence:.0%}): "
        f"{_english(found.encoding)}",
    )
    renamed = {a: b for a, b in found.fields.items() if a != b}
    if renamed:
        pairs = ", ".join(f"{a} → {b}" for a, b in renamed.items())
        yield Text(f"字段：{pairs}", f"Fields: {pairs}")
    if found.axis_swapped:
        yield Text("坐标轴已对调。", "Axes were swapped.")
    if found.shift is not None:
        shift = found.shift
        yield Text(
            f"待确认：疑似整体偏移（{shift.kind}）：向东 {shift.dx_m:+.1f} 米、向北 "
            f"{shift.dy_m:+.1f} 米可与参考吻合；存疑的是 {shift.suspect}。"
            f"{shift.evidence}",
            f"To confirm: suspected shift ({shift.kind}): {shift.dx_m:+.1f} m east, "
            f"{shift.dy_m:+.1f} m north would meet the reference; suspect: "
            f"{shift.suspect}. {_english(shift)}",
        )
    for refusal in records.refused[:MOST]:
        yield Text(
            f"  拒收第 {refusal.record} 条：{refusal.reason['zh']}",
            f"  refused record {refusal.record}: {refusal.reason['en']}",
        )
    for item in found.geometry.invalid[:MOST]:
        yield Text(
            f"  第 {item['record']} 条几何无效（{item['x']:.6f}, {item['y']:.6f}）："
            f"{item['reason']}",
            f"  record {item['record']} is invalid at "
            f"({item['x']:.6f}, {item['y']:.6f}): {item['reason']}",
        )
    for guess in found.guesses:
        if guess.what == "shift":
            continue
        mark = Text("判断", "guessed") if guess.sure else Text("待确认", "to confirm")
        yield Text(
            f"  {mark.zh} {guess.what} = {guess.value}（{guess.confidence:.0%}）："
            f"{guess.evidence}",
            f"  {mark.en} {guess.what} = {guess.value} ({guess.confidence:.0%}): "
            f"{_english(guess)}",
        )
    for note in found.notes:
        yield Text(f"  {note['zh']}", f"  {note['en']}")


def _system(found: Reading) -> Text:
    """Say which coordinate system a file is in, or why none is named."""
    choice = found.crs
    if choice.epsg is not None:
        return Text(
            f"坐标系 EPSG:{choice.epsg}（{choice.confidence:.0%}）：{choice.evidence}",
            f"CRS EPSG:{choice.epsg} ({choice.confidence:.0%}): {_english(choice)}",
        )
    if choice.wkt is not None:
        return Text(
            f"坐标系（无 EPSG 代码）：{choice.evidence}",
            f"CRS (without an EPSG code): {_english(choice)}",
        )
    if found.bounds is None:
        return Text(
            "无坐标：表中没有坐标或图形，只读取属性。",
            "No coordinates: the table has neither coordinates nor shapes; its cells "
            "alone are read.",
        )
    return Text(
        f"坐标系未确定：{choice.evidence}",
        f"CRS not known: {_english(choice)}",
    )


def _english(told: Any) -> str:
    """Return the English evidence where the reader gave one."""
    return str(getattr(told, "evidence_en", "") or told.evidence)


def draft(document: dict[str, Any]) -> Iterator[Text]:
    """Say what a draft is and where it stands."""
    counts, state = document["counts"], DraftState.of(document["state"]).label
    yield Text(
        f"草稿 {document['id']}（{state.zh}）{document['title']}：{document['layer']}，"
        f"自 {document['effective']} 起；新增 {counts['added']}，变更 "
        f"{counts['changed']}，终止 {counts['removed']}；编制 {document['author']}。",
        f"Draft {document['id']} ({state.en}) {document['title']}: "
        f"{document['layer']} from {document['effective']}; {counts['added']} added, "
        f"{counts['changed']} changed, {counts['removed']} ended; "
        f"by {document['author']}.",
    )
    for item in document["inferred"]:
        what, keys = (
            called(document["layer"], item["field"]),
            "、".join(item["keys"][:5]),
        )
        more = " …" if item["count"] > len(item["keys"][:5]) else ""
        yield Text(
            f"  {what.zh}：{item['why']['zh']}（{item['count']} 条：{keys}{more}）",
            f"  {what.en}: {item['why']['en']} ({item['count']}: {keys}{more})",
        )
    for item in document["refused"][:MOST]:
        yield Text(
            f"  未导入第 {item['record']} 条：{item['reason']['zh']}",
            f"  record {item['record']} left out: {item['reason']['en']}",
        )
    for side in (document.get("conflict") or ())[:MOST]:
        yield from _sides(side)
    for item in document.get("repairs", ())[:MOST]:
        cost = _cost(item["cost"])
        yield Text(
            f"  已修复 {', '.join(item['keys'])}：{item['kind']}，{cost.zh}",
            f"  repaired {', '.join(item['keys'])}: {item['kind']}, {cost.en}",
        )
    yield from _report(document)


def _sides(side: dict[str, Any]) -> Iterator[Text]:
    """Say what each side of a conflict makes of one feature."""
    key = side.get("key") or side.get("border")
    yield Text(f"  冲突 {key}：", f"  conflict at {key}:")
    named = (
        ("base", Text("原为", "was")),
        ("mine", Text("本草稿", "this draft")),
        ("theirs", Text("已批准", "approved since")),
    )
    states = [(words, side.get(name)) for name, words in named]
    told = [state.get("properties") or {} for _, state in states if state]
    names = sorted({name for each in told for name in each})
    differing = [
        name for name in names if len({str(each.get(name)) for each in told}) > 1
    ]
    for words, state in states:
        if state is None:
            yield Text(f"    {words.zh}：无", f"    {words.en}: not there")
            continue
        properties = state.get("properties") or {}
        cells = ", ".join(f"{name}={properties.get(name)}" for name in differing)
        yield Text(
            f"    {words.zh}：{cells or '仅几何不同'}",
            f"    {words.en}: {cells or 'only drawn differently'}",
        )


_COSTS = {
    "vertices_added": Text("增加顶点", "vertices added"),
    "vertices_dropped": Text("删除顶点", "vertices dropped"),
    "largest_shift_m": Text("最大移动（米）", "largest shift (m)"),
    "area_gained_m2": Text("增加面积（平方米）", "area gained (m²)"),
    "area_lost_m2": Text("减少面积（平方米）", "area lost (m²)"),
    "area_m2": Text("面积（平方米）", "area (m²)"),
}


def _cost(cost: dict[str, Any]) -> Text:
    """Return what a repair cost, leaving out what it did not."""
    told = {
        _COSTS.get(name, Text(name, name)): round(value, 2)
        for name, value in {
            name: sum(each.values()) if isinstance(each, dict) else each
            for name, each in cost.items()
        }.items()
        if round(value, 2)
    }
    if not told:
        return Text("无面积和位置代价", "no area and no vertex moved")
    return Text(
        "，".join(f"{name.zh} {value}" for name, value in told.items()),
        ", ".join(f"{name.en} {value}" for name, value in told.items()),
    )


def _report(document: dict[str, Any]) -> Iterator[Text]:
    report = document.get("findings")
    if not report:
        yield Text("  尚未检查。", "  Not checked yet.")
        return
    yield Text(
        f"  检查：错误 {report['errors']}（未豁免 {report['open_errors']}），警告 "
        f"{report['warnings']}，提示 {report['infos']}。",
        f"  Check: {report['errors']} errors ({report['open_errors']} open), "
        f"{report['warnings']} warnings, {report['infos']} notes.",
    )
    for word, found in report["counts"].items():
        label = rule(word)
        zh = "，".join(f"{Severity.of(s).label.zh} {n}" for s, n in found.items())
        en = ", ".join(f"{n} {Severity.of(s).label.en}" for s, n in found.items())
        yield Text(f"    {label.zh}：{zh}", f"    {label.en}: {en}")
    if report["reopened"]:
        marks = ", ".join(report["reopened"])
        yield Text(f"  豁免已失效：{marks}", f"  waivers reopened: {marks}")


def findings(frame: gpd.GeoDataFrame, most: int = MOST) -> Iterator[Text]:
    """Say each finding in one line, errors first."""
    from boundaries.registry import reports

    for row in reports.rows(frame, most=most):
        label = Severity.of(row["severity"]).label
        at = "" if row["at"] is None else f" ({row['at'][0]:.6f}, {row['at'][1]:.6f})"
        fix_zh, fix_en = _offered(row["repair"])
        waived = ("（已豁免）", " (waived)") if row["waived"] else ("", "")
        yield Text(
            f"  [{row['fingerprint']}] {label.zh} {rule(row['rule']).zh}{waived[0]}："
            f"{row['message']['zh']}{at}{fix_zh}",
            f"  [{row['fingerprint']}] {label.en} {rule(row['rule']).en}{waived[1]}: "
            f"{row['message']['en']}{at}{fix_en}",
        )
    if len(frame) > most:
        yield Text(
            f"  …… 共 {len(frame)} 个，全部可用 --out 写出。",
            f"  … {len(frame)} in all; write them with --out.",
        )


def _unseen(keys: list[str]) -> Iterator[Text]:
    """Say which units a version changed at other dates than those compared."""
    if keys:
        named = ", ".join(keys[:5]) + (" …" if len(keys) > 5 else "")
        yield Text(
            f"    还改动了此处看不到的（过去的）状态：{named}；"
            "请用日期比较或 quhua history。",
            f"    it also changed (past) states not seen here: {named}; "
            "compare dates, or see: quhua history.",
        )


def _offered(repair: dict[str, Any] | None) -> Text:
    """Say whether a finding can be repaired, by itself or by a person's choice."""
    from boundaries.rules.repairing import BY_NAME, mendable

    if not mendable(repair):
        return Text("", "")
    if repair is not None and repair["kind"] in BY_NAME:
        return Text("；指明此问题可删除重复", "; name it to drop the duplicate")
    return Text("；可自动修复", "; repair offered")


def difference(found: Difference) -> Iterator[Text]:
    """Say what changed between two states."""
    data = found.to_dict()
    counts = data["counts"]
    yield Text(
        f"{_state(found.old)} → {_state(found.new)}：新增 {counts['added']}，"
        f"变更 {counts['changed']}，终止 {counts['removed']}。",
        f"{found.old} → {found.new}: {counts['added']} added, "
        f"{counts['changed']} changed, {counts['removed']} ended.",
    )
    for item in data["basis"]:
        yield Text(
            f"  版本 {item['version']}（自 {item['effective']}）依据："
            f"{item['basis'] or '—'}",
            f"  version {item['version']} (from {item['effective']}) rests on: "
            f"{item['basis'] or '—'}",
        )
        yield from _unseen(item["unseen"])
    words = {
        "added": Text("新增", "added"),
        "changed": Text("变更", "changed"),
        "removed": Text("终止", "ended"),
    }
    for item in data["features"]:
        label = words[item["change"]]
        moved = item["symmetric_difference_m2"] / 1e4
        names = ", ".join(item["attributes"])
        zh = f"；面积差异 {moved:.1f} 公顷" if moved else ""
        en = f"; {moved:.1f} ha differ" if moved else ""
        yield Text(
            f"  {label.zh} {item['key']} {item['name']}{zh}"
            + (f"；属性 {names}" if names else ""),
            f"  {label.en} {item['key']} {item['name']}{en}"
            + (f"; attributes {names}" if names else ""),
        )
    told = [pair for pair in data["moves"] if pair["area_m2"] >= _LEAST_M2]
    for pair in told:
        giver, taker = _unit(pair, "from"), _unit(pair, "to")
        yield Text(
            f"  {giver.zh} → {taker.zh}：{pair['area_m2'] / 1e4:.2f} 公顷",
            f"  {giver.en} → {taker.en}: {pair['area_m2'] / 1e4:.2f} ha",
        )
    rest = [pair for pair in data["moves"] if pair["area_m2"] < _LEAST_M2]
    if rest:
        total = sum(pair["area_m2"] for pair in rest)
        yield Text(
            f"  其余 {len(rest)} 处，各小于 0.01 公顷，共 {total:.1f} 平方米",
            f"  {len(rest)} more, each below 0.01 ha, {total:.1f} m² in all",
        )


def _state(words: str) -> str:
    """Return what was compared, in Chinese."""
    return words.replace("version ", "版本 ")


def _unit(pair: dict[str, Any], end: str) -> Text:
    """Return code and name of the unit at one end of a move."""
    if pair[end] is None:
        return Text("（外部）", "(outside)")
    words = f"{pair[end]} {pair[f'{end}_name'] or ''}".strip()
    return Text(words, words)


_LEAST_M2 = 100.0
"""Moves smaller than a hundredth of a hectare are summed up in one line."""


def rule(word: str) -> Text:
    """Return the name of a rule in both languages."""
    try:
        return Rule.of(word).label
    except ValueError:
        return Text(word, word)
