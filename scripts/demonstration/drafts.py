"""Drafts on the second vintage, with what is wrong in them written down.

A planted finding says its rule and its participants; ``brings`` names the rules
that the same fault cannot help breaking as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd

from boundaries import codes
from demonstration import faults, plan
from demonstration.faults import Planted
from demonstration.naming import romanised
from demonstration.territory import Territory


@dataclass(frozen=True)
class Draft:
    """A file somebody hands in, and what becomes of it."""

    name: str
    title: str
    author: str
    rows: gpd.GeoDataFrame
    valid_from: str = "2026-10-01"
    basis: str = "（示例）测绘成果"
    complete: str | None = None
    then: str = "draft"
    """``draft``, ``submitted`` or ``returned``: where the demonstration leaves it."""
    note: str = ""
    planted: list[Planted] = field(default_factory=list)


def drafts(territory: Territory) -> list[Draft]:
    """Return the drafts of the demonstration."""
    base = territory.second.set_index("code", drop=False)
    return [
        _sound(territory, base),
        _renamed(base),
        _shapes(base),
        _attributes(territory, base),
        _missing(base),
        _scribble(base),
    ]


def changed_rows(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows of ``after`` whose shape differs from ``before``.

    Rounding moves the official areas of the units above by a few square metres; a
    surveyor of one district hands in what was drawn anew, not the city.
    """
    old = before.set_index("code", drop=False).reindex(after["code"])
    same = old.geometry.to_wkb().to_numpy() == after.geometry.to_wkb().to_numpy()
    return after[~same]


def _sound(territory: Territory, base: gpd.GeoDataFrame) -> Draft:
    """Return a border moved by both sides together: nothing to find."""
    rows = changed_rows(base, territory.next)
    return Draft(
        "sound",
        "文枢街道与相邻街道界线微调（示例）",
        "surveyor_tingnan",
        rows,
        basis="望政函〔2026〕示例15号",
        then="submitted",
    )


def _shapes(base: gpd.GeoDataFrame) -> Draft:
    """Return one fault of shape in each of many communities far apart."""
    work = faults.Work(base)
    for fault in faults.SHAPES:
        fault(work)
    return Draft(
        "shapes",
        "社区边界重测（示例，含多种图形问题）",
        "surveyor",
        work.rows(),
        planted=work.planted,
    )


def _attributes(territory: Territory, base: gpd.GeoDataFrame) -> Draft:
    """Return faults of code, kind, name and figures."""
    work = faults.Work(base)
    gone = set(territory.first["code"]) - set(territory.second["code"])
    for fault in faults.ATTRIBUTES:
        fault(work, gone)
    return Draft(
        "attributes",
        "代码与名称调整（示例，含多种属性问题）",
        "surveyor",
        work.rows(),
        planted=work.planted,
    )


def _renamed(base: gpd.GeoDataFrame) -> Draft:
    """Return a community renamed without its document: sent back."""
    work = faults.Work(base)
    one = work.inner()
    work.set(one, name="听雨社区", pinyin=romanised("听雨社区"))
    return Draft(
        "renamed",
        "社区更名（示例）",
        "surveyor",
        work.rows(),
        basis="（示例）社区来函",
        then="returned",
        note="请补充地名批复文件（示例）。",
    )


def _missing(base: gpd.GeoDataFrame) -> Draft:
    """Return a file said to be complete that leaves one village out."""
    work = faults.Work(base)
    villages = base[(base["level"] == 5) & (base["kind"] == "village")]
    left_out = work.inner(villages)
    town = left_out[:9]
    inside = base[(base["code"] == town) | (base["parent"] == town)]
    around = tuple(sorted(work.neighbours(left_out)))
    planted = [Planted("missing_unit", around, brings=("gap",))]
    rows = inside.drop(index=left_out).assign(remark=plan.LABEL + "：全境村界复核")
    return Draft(
        "missing",
        f"{base.loc[town, 'name']}村界（示例，声明完整但缺一村）",
        "surveyor",
        gpd.GeoDataFrame(rows),
        complete=town,
        planted=planted,
    )


def _scribble(base: gpd.GeoDataFrame) -> Draft:
    """Return a polygon beyond repair: a thousand random points."""
    work = faults.Work(base)
    faults.scribble(work)
    return Draft(
        "scribble",
        "无法修复的图形（示例）",
        "surveyor",
        work.rows(),
        planted=work.planted,
    )


USERS: list[dict[str, object]] = [
    {"name": name, "display": display, "roles": [f"{role}:{scope}"]}
    for name, display, role, scope in (
        ("surveyor", "示例测绘员", "surveyor", plan.CITY[0]),
        ("surveyor_tingnan", "示例测绘员（汀南区）", "surveyor", "990103"),
        ("manager", "示例界线管理员", "boundary_manager", plan.CITY[0]),
        ("manager_second", "示例界线管理员（复核）", "boundary_manager", plan.CITY[0]),
        ("name_staff", "示例地名员", "name_staff", plan.CITY[0]),
        ("name_reviewer", "示例地名审核员", "name_reviewer", plan.CITY[0]),
        ("planner", "示例规划员", "planner", plan.CITY[0]),
        ("eldercare", "示例养老数据员", "eldercare_officer", plan.CITY[0]),
        ("viewer", "示例浏览者", "viewer", plan.CITY[0]),
        ("auditor", "示例审计员", "auditor", codes.ROOT),
        ("system_admin", "示例系统管理员", "system_admin", codes.ROOT),
        ("security_admin", "示例安全管理员", "security_admin", codes.ROOT),
        ("audit_admin", "示例审计管理员", "audit_admin", codes.ROOT),
    )
]
"""One user of every role, and two who may approve each other's drafts."""
