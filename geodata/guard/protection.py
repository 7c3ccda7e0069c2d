"""How well this machine protects us from a hostile file, for the health page."""

from __future__ import annotations

import os
import sys
from typing import Any

from geodata.errors import Text
from geodata.guard import landlock


def status() -> dict[str, Any]:
    """Return what guards the reading process here.

    Returns
    -------
    dict
        ``landlock_abi`` (0: none), ``protects`` (what is enforced), ``missing``,
        and ``warning``: None, or the red line for the health page as
        ``{"zh", "en"}``.
    """
    version = landlock.abi()
    has = {
        "memory, processor and disk limits": os.name == "posix",
        "wall time": True,
        "clean environment": True,
        "drivers off by default": True,
        "files: only the working folder": version >= 1,
        "network: no TCP": version >= 4,
        "no signals to other processes": version >= 6,
    }
    missing = [name for name, there in has.items() if not there]
    return {
        "platform": sys.platform,
        "landlock_abi": version,
        "protects": [name for name, there in has.items() if there],
        "missing": missing,
        "warning": _warning(version)._asdict() if missing else None,
    }


def _warning(version: int) -> Text:
    if os.name != "posix":
        return Text(
            "本系统没有资源限制和 Landlock：读取进程仅受总时间限制。"
            "请勿在此开放外部上传。",
            "This system has neither resource limits nor Landlock: the reading "
            "process is held by wall time only. Do not open uploads here.",
        )
    if version < 1:
        return Text(
            "内核没有 Landlock：读取进程可以看到其他文件和网络。请勿开放外部上传。",
            "The kernel has no Landlock: the reading process can see other files "
            "and the network. Do not open uploads here.",
        )
    return Text(
        f"内核的 Landlock 版本较旧（ABI {version}）：缺少网络或信号隔离。",
        f"The kernel's Landlock is old (ABI {version}): network or signals are "
        "not shut off.",
    )
