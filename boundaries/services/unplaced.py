"""What is said of people who are not placed, or only by an assumption."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boundaries.services.omissions import Omission, told
from boundaries.services.points import column
from boundaries.services.profiles import Group
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.services.placing import People


def stale(gone: pd.DataFrame, group: str) -> tuple[Omission, ...]:
    """Say which counted units are no divisions of the date."""
    return told(
        (
            Omission.of(
                "unknown_unit", "population",
                Text("区划中（已）没有此代码，不计入。",
                     "Its code is no division of this date (any more); not counted."),
                Text("请导入该日期的人口，或改正代码。",
                     "Import the population of this date, or mend the code."),
                gone.index, people=float(column(gone, group).sum()),
            ),
        )
    )  # fmt: skip


def omissions(
    counted: pd.DataFrame, placed: pd.DataFrame, lost: Any,
    above: dict[str, tuple[float, float]], borrowed: dict[str, str],
    units: pd.DataFrame, people: People, group: str,
) -> tuple[Omission, ...]:  # fmt: skip
    """Say what is not placed, and what is placed by an assumption."""
    figures = pd.Series(column(counted, group), index=counted.index)
    unknown = pd.to_numeric(
        counted.get(group, pd.Series(np.nan, counted.index)), errors="coerce"
    ).isna()
    classes = units.get("settlement", pd.Series(None, units.index, dtype=object))
    assumed = units.index[classes.isna()]
    borrowing = [code for code in borrowed if code in placed.index]
    inner = units.index[units["interpolated"]]
    beyond = _beyond(placed, group)
    off: list[str] = []
    far = 0.0
    if people.spots is not None:
        gone = people.spots.edge < 0
        far = float(people.weights[group][gone].sum())
        off = list(units.index[np.unique(people.unit[gone])])
    return told(
        (
            Omission.of(
                "no_area", "population",
                Text("没有边界，上级也没有边界，无法布设。",
                     "Neither it nor a unit above it has a boundary."),
                Text("请先导入其区划边界，或改正代码。",
                     "Import its division, or mend the code."),
                lost, people=float(figures.reindex(lost).sum()),
            ),
            Omission.of(
                "no_count", "population",
                Text("没有该人群的数字，按 0 计。",
                     "No figure of this group; counted as nobody."),
                Text("请补充人口表的该列。", "Complete this column of the table."),
                counted.index[unknown],
            ),
            Omission.of(
                "sum_differs", "population",
                Text("本级合计与所辖单位之和不符，采用所辖单位。",
                     "Its own total differs from the sum below it; the units below "
                     "are used."),
                Text("请核对合计行。", "Check the row of totals."),
                above, people=sum(abs(a - b) for a, b in above.values()),
                left_out=False,
            ),
            Omission.of(
                "borrowed_area", "population",
                Text("没有自己的边界，布设在上级的范围内。",
                     "Without a boundary of its own; placed over the unit above it."),
                Text("请导入村级边界。", "Import the boundaries of communities."),
                borrowing, people=float(figures.reindex(borrowing).sum()),
                left_out=False,
            ),
            Omission.of(
                "cells_outside", "population",
                Text("边界上的网格单元部分在所有区划之外，该部分的人数未计入。",
                     "Cells on its border lie partly outside every division; the "
                     "people there are left out."),
                Text("请核对区划边界或网格范围。",
                     "Compare the boundary with the extent of the grid."),
                beyond.index, people=float(beyond.sum()),
            ),
            Omission.of(
                "interpolated", "population",
                Text("只有本级合计，按布设的点分摊到下级单位。",
                     "Only its own total is known; shared out to the units below by "
                     "the points that stand for it."),
                Text("请补充村级人口。", "Add the figures of communities."),
                inner, people=float(figures.reindex(inner).sum()), left_out=False,
            ),
            Omission.of(
                "settlement_told", "population",
                Text("没有城乡分类，按代码段判断城乡。",
                     "Without an urban-rural class; told from the code."),
                Text("请补充城乡分类代码。", "Add the class."),
                assumed, people=float(figures.reindex(assumed).sum()), left_out=False,
            ),
            Omission.of(
                "off_street", "population",
                Text("部分居民点离道路太远，按路网不可达计。",
                     "Some of its people live too far from any street; by the network "
                     "they count as not reached."),
                Text("请补充路网，或调大“离道路”距离。",
                     "Complete the network, or allow a longer way to the street."),
                off, people=far, left_out=False,
            ),
        )
    )  # fmt: skip


def _beyond(placed: pd.DataFrame, group: str) -> pd.Series[float]:
    """Return who of a group lives in no division, by the unit they live beside.

    The group's part of them is that of the unit.
    """
    lost = pd.Series(column(placed, "outside"), placed.index)
    lost = lost[lost > 0]
    beside = placed.loc[lost.index]
    whole = np.maximum(column(beside, Group.TOTAL.value), 1.0)
    known = column(beside, Group.TOTAL.value) > 0
    share = np.where(known, np.minimum(column(beside, group) / whole, 1.0), 1.0)
    return lost * share
