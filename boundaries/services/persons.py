"""Records of persons, told from tables of counts and refused before they are kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geodata.errors import ForbiddenError, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

_PERSONAL = re.compile(
    r"^(姓名|老人姓名|户主(姓名)?|联系人|身份证(号|号码)?|公民身份号码|证件号(码)?"
    r"|身份号码|出生(日期|年月)|手机(号|号码)?|移动电话|家庭住址|监护人(姓名)?"
    r"|id_?card|id_?number|identity)$",
    re.IGNORECASE,
)
_IDENTITY = re.compile(
    r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
)


def refuse_individuals(frame: pd.DataFrame, named: Iterable[str] = ()) -> None:
    """Refuse a table of persons before anything of it is kept.

    Parameters
    ----------
    frame
        As read.
    named
        The file's own column names.

    Raises
    ------
    ForbiddenError
        A column is called name, identity number and the like, or a cell is one.
    """
    headings = [str(name).strip() for name in (*named, *frame.columns)]
    found = next((name for name in headings if _PERSONAL.match(name)), None)
    if found is None:
        found = _with_identities(frame)
    if found is not None:
        raise ForbiddenError(
            Text(
                f"这像是个人信息表（列“{found}”），记录没有登记。",
                f"This looks like records of persons (column “{found}”); no record of "
                "it was taken.",
            ),
            Text(
                "请按社区（村）汇总成人数后再提交，不要包含姓名、证件号码。",
                "Sum it up to counts by community, without names or numbers of "
                "persons, and send that.",
            ),
            code="individuals",
        )


def _with_identities(frame: pd.DataFrame) -> str | None:
    for name in frame.columns:
        if str(name) in ("geometry", "places"):
            continue
        for value in frame[name]:
            if isinstance(value, str) and _IDENTITY.fullmatch(value.strip()):
                return str(name)
    return None
