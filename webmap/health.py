"""What an administrator should know about this server, as checks with words."""

from __future__ import annotations

import datetime as dt
import platform
import shutil
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import current_app

from boundaries.registry.site import SILENT_H, hours_since
from boundaries.vault import HOW_TO_MEND
from geodata import guard
from geodata.errors import QuhuaError, Text
from geodata.files.natives import engines
from webmap import basemaps

if TYPE_CHECKING:
    from boundaries.registry import Registry
    from geodata.store.protocol import Store
    from webmap.published import Edition, Published

LIBRARIES = (
    "quhua",
    "geopandas",
    "shapely",
    "pyproj",
    "pyogrio",
    "fiona",
    "sqlalchemy",
    "flask",
    "folium",
    "waitress",
)
"""Distributions whose versions matter for trust and for reports of faults."""
ROOM = 2 << 30
"""Bytes that should be free beside the store."""
STORE = {
    "backend": Text("类型", "Backend"),
    "sqlite": Text("SQLite 版本", "SQLite version"),
    "postgis": Text("PostGIS 版本", "PostGIS version"),
    "driver": Text("驱动", "Driver"),
    "path": Text("文件", "File"),
    "filesystem": Text("文件系统", "File system"),
    "bytes": Text("大小", "Size"),
    "wal_bytes": Text("预写日志", "Write-ahead log"),
    "busy_timeout_s": Text("等待他人写入的最长时间", "Longest wait for another writer"),
    "versions": Text("版本数", "Versions kept"),
    "journal": Text("审计条数", "Links of the audit"),
    "settings": Text("数据库参数", "Database settings"),
}
"""What a store reports of itself, in words, in the order they are shown."""
GUARDS = {
    "memory, processor and disk limits": "内存、处理器和磁盘限额",
    "wall time": "总时间限制",
    "clean environment": "干净的环境变量",
    "drivers off by default": "默认关闭驱动",
    "files: only the working folder": "文件：只限工作文件夹",
    "network: no TCP": "网络：不能建立 TCP 连接",
    "no signals to other processes": "不能向其他进程发信号",
}
"""What guards the reading process, by its English words."""
_KINDS = {True: "ok", False: "bad", None: "warn"}


@dataclass(frozen=True)
class Check:
    """One thing looked at: ``ok`` True, False (something must be done), None (mind)."""

    name: Text
    ok: bool | None
    said: Text

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "name": self.name._asdict(),
            "state": _KINDS[self.ok],
            "said": self.said._asdict(),
        }


def health(store: Store, edition: Edition | None) -> dict[str, Any]:
    """Return the state of the server.

    ``ok`` is False where files cannot be read in full isolation; ``guard`` and
    ``store`` are as those packages report themselves.
    """
    isolation = guard.status()
    kept = store.health()
    return {
        "ok": isolation["warning"] is None,
        "published": edition.version.number if edition else None,
        "guard": isolation,
        "store": kept,
        "libraries": {name: _version(name) for name in LIBRARIES},
        "engines": _engines(),
        "platform": f"{platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}",
        "outside_hosts": basemaps.outside_hosts(),
    }


def of_this_server() -> dict[str, Any]:
    """Return the state of the server that answers this request, with its checks."""
    published: Published = current_app.extensions["published"]
    registry: Registry = current_app.extensions["registry"]
    found = health(registry.store, published.edition())
    checks = [
        _isolation(found["guard"]),
        _store(found["store"]),
        _room(registry),
        _backup(registry),
        _worker(registry),
        _codes(registry),
        _clock(registry.store, found["store"]),
        _hosts(found["outside_hosts"]),
    ]
    return {
        **found,
        "ok": all(check.ok is not False for check in checks),
        "checks": [check.to_dict() for check in checks],
    }


def _codes(registry: Registry) -> Check:
    """Return whether this server's key opens the secrets of one-time codes."""
    name = Text("动态验证码的密钥", "Key of the one-time codes")
    closed = registry.codes_closed()
    if not closed:
        return Check(name, ok=True, said=Text("能解开。", "It opens them all."))
    named = ", ".join(closed[:5]) + (" …" if len(closed) > 5 else "")
    return Check(
        name,
        ok=False,
        said=Text(
            f"解不开 {len(closed)} 个账号的（{named}）。{HOW_TO_MEND.zh}",
            f"It does not open those of {len(closed)} accounts ({named}). "
            f"{HOW_TO_MEND.en}",
        ),
    )


def store_facts(found: dict[str, Any]) -> list[tuple[Text, str]]:
    """Return what the store reports of itself as labels and values to read."""
    shown = []
    for name in [*STORE, *(found.keys() - STORE.keys())]:
        if name in found:
            label = STORE.get(name, Text(name, name))
            shown.append((label, _shown(name, found[name])))
    return shown


def guard_facts(found: dict[str, Any]) -> list[tuple[Text, list[Text]]]:
    """Return what guards the reading process, and what does not, in words."""

    def words(names: list[str]) -> list[Text]:
        return [Text(GUARDS.get(name, name), name) for name in names] or [
            Text("无", "none")
        ]

    abi = str(found["landlock_abi"])
    return [
        (Text("Landlock 接口版本", "Landlock ABI"), [Text(abi, abi)]),
        (Text("已有的防护", "In place"), words(found["protects"])),
        (Text("缺少的防护", "Missing"), words(found["missing"])),
    ]


def _shown(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return " · ".join(f"{key} = {inner}" for key, inner in sorted(value.items()))
    if name in ("bytes", "wal_bytes"):
        return _megabytes(value)
    return f"{value} s" if name.endswith("_s") else str(value)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # fiona has no wheel for Linux on aarch64
        return "—"


@lru_cache(maxsize=1)
def _engines() -> dict[str, str]:
    try:
        return engines()
    except QuhuaError as error:
        return {"GDAL": error.message.en}


def _isolation(found: dict[str, Any]) -> Check:
    name = Text("文件读取隔离", "Isolation of file reading")
    warning = found["warning"]
    if warning is None:
        abi = found["landlock_abi"]
        return Check(
            name, True, Text(f"完整（Landlock {abi}）", f"complete (Landlock {abi})")
        )
    return Check(name, False, Text(warning["zh"], warning["en"]))


def _store(found: dict[str, Any]) -> Check:
    name = Text("数据库", "Store")
    if found["backend"] == "postgresql":
        server = found["settings"]["server_version"]
        said = f"PostgreSQL {server}, PostGIS {found['postgis']}"
        safe = found["settings"]["fsync"] == "on"
        return Check(name, safe, Text(said, said))
    size = _megabytes(found["bytes"] + found["wal_bytes"])
    said = f"SQLite {found['sqlite']} · {size} · {found['filesystem']}"
    return Check(name, True, Text(said, said))


def _room(registry: Registry) -> Check:
    name = Text("磁盘剩余", "Free disk space")
    url = registry.store.url
    beside = Path(url.removeprefix("sqlite:///")).parent
    place = beside if "://" not in str(beside) and beside.is_dir() else Path.cwd()
    usage = shutil.disk_usage(place)
    free, whole = _megabytes(usage.free), _megabytes(usage.total)
    enough = usage.free > ROOM
    return Check(name, enough, Text(f"{free}，共 {whole}", f"{free} of {whole}"))


def _backup(registry: Registry) -> Check:
    name = Text("最近备份", "Newest backup")
    newest, every = registry.newest_backup(), registry.settings.backup.every_hours
    if newest is None:
        return Check(name, None, Text("还没有备份", "there is no backup yet"))
    hours = hours_since(newest)
    late = bool(every) and hours > 2 * every
    said = Text(f"{hours:.0f} 小时前", f"{hours:.0f} hours ago")
    return Check(name, not late, said)


def _worker(registry: Registry) -> Check:
    name = Text("任务进程", "Worker of jobs")
    found = registry.worker()
    if found is None:
        return Check(name, None, Text("从未运行", "it never ran"))
    alive = hours_since(found["at"]) < SILENT_H
    words = Text("运行中", "running") if alive else Text("没有响应", "silent")
    return Check(
        name, alive,
        Text(f"{words.zh}，最近 {_clocked(found['at'])}",
             f"{words.en}, last {_clocked(found['at'])}"),
    )  # fmt: skip


def _clock(store: Store, kept: dict[str, Any]) -> Check:
    """Compare this clock with the newest link of the journal."""
    name = Text("时钟", "Clock")
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    last = store.journal(after=max(0, kept["journal"] - 1), limit=1)
    if last and last[0].recorded[:19] > now[:19]:
        return Check(
            name, False,
            Text(f"{_clocked(now)} 早于审计中最后一条 {_clocked(last[0].recorded)}",
                 f"{_clocked(now)} is before the newest link of the audit, "
                 f"{_clocked(last[0].recorded)}"),
        )  # fmt: skip
    return Check(name, True, Text(_clocked(now), _clocked(now)))


def _hosts(outside: list[str]) -> Check:
    name = Text("外部主机", "Outside hosts")
    if not outside:
        return Check(name, True, Text("无", "none"))
    said = ", ".join(outside)
    return Check(name, None, Text(said, said))


def _clocked(instant: str) -> str:
    """Return a stored instant as people read it, to the second and in UTC."""
    return f"{instant[:19].replace('T', ' ')} UTC"


def _megabytes(size: int) -> str:
    return f"{size / 2**30:.1f} GB" if size >= 1 << 30 else f"{size / 2**20:.1f} MB"
