"""Every setting with its default, unit and help; one frozen object, read once.

Sources, the later wins: the defaults here, a TOML file (``--settings`` or
``QUHUA_SETTINGS``), environment variables ``QUHUA_<GROUP>_<NAME>``. Numbers that
the law or the standards leave open are settings, never constants in code.
"""

from __future__ import annotations

import dataclasses
import math
import os
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from boundaries.rules.settings import RegisterSettings, RuleSettings
from boundaries.services.profiles import ServiceSettings
from geodata.errors import InputError, Text
from geodata.files.limits import OPERATOR, STREETS, UPLOAD, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


LARGEST_PART_MB = 64
"""The server takes no more off the wire at once."""


def _setting(
    default: Any, unit: str, zh: str, en: str,
    least: float = 0, most: float = math.inf,
) -> Any:  # fmt: skip
    metadata = {"unit": unit, "help": Text(zh, en), "least": least, "most": most}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Review:
    """How a draft is reviewed."""

    waiver_days: int = _setting(
        365, "d", "豁免的默认有效期", "how long a waiver holds unless said otherwise"
    )
    waiver_margin_m: float = _setting(
        25.0,
        "m",
        "问题周围多远的几何变化会使豁免失效",
        "a waiver is reopened when geometry this near to its place changes",
    )
    foreign_area_m2: float = _setting(
        1000.0,
        "m²",
        "移动的边界可占辖区外邻接单位的面积上限，超过即拒绝",
        "area a moved border may take from a neighbour outside the actor's subtree",
    )
    event_area_m2: float = _setting(
        100.0,
        "m²",
        "小于此面积的界线移动不记为变更事件",
        "a border that moved less than this is no change event",
    )
    overdue_days: int = _setting(
        7, "d", "草稿提交几天后仍未办理即为逾期", "a submitted draft is late after this"
    )
    waiver_notice_days: int = _setting(
        30, "d", "豁免到期前几天提醒", "a waiver's end is announced this long before"
    )


@dataclass(frozen=True)
class Access:
    """Passwords and log-in."""

    password_length: int = _setting(
        10, "", "密码最短长度", "fewest characters of a password"
    )
    password_classes: int = _setting(
        3, "", "密码字符种类", "fewest kinds of character of a password"
    )
    password_history: int = _setting(
        5, "", "不得重复最近几次的密码", "a new password is none of the last so many"
    )
    password_days: int = _setting(
        0,
        "d",
        "密码最长使用天数，0 为不限",
        "a password must be changed after this long; 0: never",
    )
    failures: int = _setting(
        5,
        "",
        "连续失败多少次后锁定",
        "failed log-ins until an account is locked",
        least=1,
    )
    lock_minutes: int = _setting(
        15, "min", "锁定时长", "how long a locked account stays locked", least=1
    )
    idle_minutes: int = _setting(
        30, "min", "会话闲置时限", "a session ends after idling this long", least=1
    )
    session_hours: int = _setting(
        8, "h", "会话总时限", "a session ends after this long in any case", least=1
    )
    single_session: bool = _setting(
        False,
        "",
        "每个账号只保留最近一次登录的会话",
        "signing in ends the account's other sessions",
    )
    require_totp: bool = _setting(
        False,
        "",
        "系统、安全、审计管理员必须启用动态验证码",
        "the three administrators must set up one-time codes",
    )
    sign_in_rate: str = _setting(
        "30 per minute",
        "",
        "同一地址登录请求上限",
        "most attempts to sign in from one address",
    )
    account_rate: str = _setting(
        "10 per minute",
        "",
        "同一账号登录请求上限",
        "most attempts to sign in to one account",
    )
    token_rate: str = _setting(
        "600 per minute",
        "",
        "同一接口令牌请求上限",
        "most requests with one API token",
    )
    public_rate: str = _setting(
        "600 per minute",
        "",
        "同一地址公众检索请求上限",
        "most searches in the public view from one address",
    )
    token_days: int = _setting(
        90, "d", "接口令牌最长有效期", "an API token lives this long at most"
    )
    trusted_proxy: str = _setting(
        "",
        "",
        "反向代理地址；其转发的客户端地址与协议可信，空为无代理",
        "address of the reverse proxy whose word on client address and protocol is "
        "taken; empty: none",
    )
    code_minutes: int = _setting(
        5,
        "min",
        "输入动态验证码的时限",
        "time to type the one-time code after the password",
        least=1,
    )


@dataclass(frozen=True)
class Audit:
    """The audit log."""

    digest: str = _setting(
        "sha256",
        "",
        "审计链摘要算法：sha256 或 sm3",
        "digest of the chain: sha256, sm3",
    )


@dataclass(frozen=True)
class Basemap:
    """The map under the divisions; none unless something is named here."""

    folder: str = _setting(
        "",
        "",
        "本地底图目录（MBTiles 或 PMTiles 栅格瓦片）",
        "folder of local base maps (raster MBTiles or PMTiles)",
    )
    tianditu: str = _setting(
        "",
        "",
        "启用的天地图图层：vec、img、ter，逗号分隔（需密钥；服务器会访问外网）",
        "maps of Tianditu to offer: vec, img, ter with commas between (needs a key; "
        "this server then asks an outside host)",
    )
    tianditu_key: str = _setting("", "", "天地图服务端密钥", "server key for Tianditu")


@dataclass(frozen=True)
class Backup:
    """Copies of the store."""

    folder: str = _setting(
        "",
        "",
        "备份目录（默认在数据库旁，名为 数据库.backups；宜放在另一块磁盘）",
        "folder of backups (default: beside the store, named store.backups; better on "
        "another disk)",
    )
    every_hours: int = _setting(
        24,
        "h",
        "每隔多久自动备份（0：不自动）",
        "a backup is made by itself this often (0: never)",
    )
    keep: int = _setting(
        14,
        "",
        "保留最近多少份备份（0：全部保留）",
        "newest backups that are kept (0: all of them)",
    )


@dataclass(frozen=True)
class Jobs:
    """The worker and what it does by itself."""

    workers: int = _setting(2, "", "同时处理的任务数", "jobs done at a time")
    heartbeat_s: float = _setting(
        4.0, "s", "任务心跳间隔", "how often a running job says that it is alive"
    )
    stale_s: float = _setting(
        60.0,
        "s",
        "心跳停止多久后任务重新排队",
        "a job silent for so long is queued again",
    )
    look_s: float = _setting(
        3.0,
        "s",
        "处理进程自行查看任务的间隔",
        "how often the worker looks for jobs by itself",
    )
    attempts: int = _setting(
        3, "", "任务最多尝试次数", "how often a job is attempted before it has failed"
    )
    memory_mb: int = _setting(
        6144, "MB", "单个任务的地址空间", "address space of one job's process"
    )
    cpu_s: int = _setting(
        900, "s", "单个任务的处理器时间", "processor time of one job's process"
    )
    wall_s: int = _setting(1800, "s", "单个任务的总时间", "wall time of one job")
    keep_days: float = _setting(
        90.0, "d", "已结束任务的保留天数", "how long finished jobs are shown"
    )


@dataclass(frozen=True)
class Uploads:
    """Files on their way in, in parts, until they are whole."""

    part_mb: int = _setting(
        4, "MB", "单个分片的大小上限", "most of one part", least=1, most=LARGEST_PART_MB
    )
    open: int = _setting(
        20, "", "每人同时未完成的上传数", "unfinished uploads one person may have"
    )
    open_mb: int = _setting(
        500, "MB", "每人未完成上传的总大小", "size of one person's unfinished uploads"
    )
    keep_hours: float = _setting(
        72.0,
        "h",
        "未完成的上传保留多久",
        "how long an upload that nobody goes on with is kept",
    )


@dataclass(frozen=True)
class Planning:
    """The process that keeps what planners try out."""

    memory_mb: int = _setting(
        6144, "MB", "推演程序的地址空间", "address space of the planning process",
        least=512,
    )  # fmt: skip
    idle_s: float = _setting(
        1800.0, "s", "推演程序空闲多久后结束",
        "the planning process ends when nobody asks for so long", least=1,
    )  # fmt: skip
    wait_s: float = _setting(
        120.0, "s", "推演程序最长多久不回答",
        "the planning process is stopped when an answer takes longer", least=1,
    )  # fmt: skip
    sessions: int = _setting(
        16, "", "同时保留的推演数", "plans kept at a time; others are made again",
        least=1,
    )  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """Everything that can be set. Field names are the groups of the TOML file."""

    store: str = _setting(
        "",
        "",
        "数据库地址（默认：用户数据目录下 quhua/quhua.sqlite）",
        "address of the store (default: quhua/quhua.sqlite in the user's data folder)",
    )
    region: str = _setting(
        "",
        "",
        "本局辖区代码，用于判断坐标系和范围",
        "code of the bureau's territory; helps to tell coordinate systems",
    )
    review: Review = field(default_factory=Review)
    access: Access = field(default_factory=Access)
    audit: Audit = field(default_factory=Audit)
    jobs: Jobs = field(default_factory=Jobs)
    uploads: Uploads = field(default_factory=Uploads)
    basemap: Basemap = field(default_factory=Basemap)
    backup: Backup = field(default_factory=Backup)
    rules: RuleSettings = field(default_factory=RuleSettings)
    registers: RegisterSettings = field(default_factory=RegisterSettings)
    services: ServiceSettings = field(default_factory=ServiceSettings)
    planning: Planning = field(default_factory=Planning)
    upload: Limits = UPLOAD
    operator: Limits = OPERATOR
    streets: Limits = STREETS
    origin: dict[str, str] = field(
        default_factory=dict, compare=False, metadata={"setting": False}
    )
    """Where each value came from that is not a default: ``file``, ``environment``."""

    def limits(self, profile: str) -> Limits:
        """Return the limits of ``"upload"`` or ``"operator"``."""
        return self.operator if profile == "operator" else self.upload

    def describe(self) -> Iterator[dict[str, Any]]:
        """Yield each setting: name, value, default, unit, help and where it is from."""
        default = Settings()
        for item in _groups():
            value, usual = getattr(self, item.name), getattr(default, item.name)
            if not dataclasses.is_dataclass(value):
                yield self._row(item.name, item, value, usual)
                continue
            for inner in fields(value):
                yield self._row(
                    f"{item.name}.{inner.name}",
                    inner,
                    getattr(value, inner.name),
                    getattr(usual, inner.name),
                )

    def _row(self, name: str, item: Any, value: Any, usual: Any) -> dict[str, Any]:
        metadata = item.metadata
        words = metadata.get("help", Text("", ""))
        return {
            "name": name,
            "value": value,
            "default": usual,
            "unit": metadata.get("unit", ""),
            "help": {"zh": words.zh, "en": words.en},
            "origin": self.origin.get(name, "default"),
        }


def load(
    path: Path | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Return the settings from defaults, file and environment.

    Parameters
    ----------
    path
        A TOML file; None: the one ``QUHUA_SETTINGS`` names, if any.
    environ
        The environment; None: the process's own.

    Raises
    ------
    InputError
        For a file that is no TOML, an unknown name or a value of the wrong type;
        a misspelt setting is never ignored.
    """
    environ = os.environ if environ is None else environ
    named = path or (Path(environ["QUHUA_SETTINGS"]) if _has(environ) else None)
    table = _read_toml(named) if named else {}
    limits = table.pop("limits", {})
    for profile in ("upload", "operator", "streets"):
        table[profile] = {**limits, **table.get(profile, {})}
    filed: Settings = _merge(Settings(), table, "")
    named_there = _from_environment(environ)
    made: Settings = _merge(filed, named_there, "")
    origin = _named(table, "file") | _named(named_there, "environment")
    return dataclasses.replace(made, origin=origin)


def default_store(environ: Mapping[str, str] | None = None) -> str:
    r"""Return the path of the store used when none is named.

    ``$XDG_DATA_HOME/quhua/quhua.sqlite`` (``~/.local/share`` without it), on
    Windows ``%LOCALAPPDATA%\quhua\quhua.sqlite``.
    """
    environ = os.environ if environ is None else environ
    home = environ.get("XDG_DATA_HOME") or environ.get("LOCALAPPDATA")
    folder = Path(home) if home else Path.home() / ".local" / "share"
    return str(folder / "quhua" / "quhua.sqlite")


def _has(environ: Mapping[str, str]) -> bool:
    return bool(environ.get("QUHUA_SETTINGS"))


def changed(settings: Settings, name: str, value: Any) -> Settings:
    """Return the settings with one changed; ``name`` is written ``group.name``.

    Raises
    ------
    InputError
        For a name that is none, or a value it cannot have.
    """
    table: Any = value
    for part in reversed(name.split(".")):
        table = {part: table}
    made: Settings = _merge(settings, table, "")
    return made


def _groups() -> list[Any]:
    return [item for item in fields(Settings) if item.metadata.get("setting", True)]


def _named(table: Mapping[str, Any], origin: str, before: str = "") -> dict[str, str]:
    """Return the full names that a table of a source sets."""
    found: dict[str, str] = {}
    groups = {item.name for item in _groups()}
    for name, value in table.items():
        if isinstance(value, dict) and not before and name in groups:
            found |= _named(value, origin, f"{name}.")
        else:
            found[f"{before}{name}"] = origin
    return found


def _read_toml(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            Text(f"读不到设置文件 {path}。", f"Cannot read the settings file {path}.")
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            Text(f"设置文件 {path} 不是有效的 TOML。", f"{path} is not valid TOML."),
            Text(str(error), str(error)),
        ) from error


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return ``QUHUA_REVIEW_WAIVER_DAYS=30`` as ``{"review": {"waiver_days": 30}}``."""
    table: dict[str, Any] = {}
    for item in _groups():
        value = getattr(Settings(), item.name)
        name = f"QUHUA_{item.name.upper()}"
        if not dataclasses.is_dataclass(value):
            if environ.get(name):
                table[item.name] = environ[name]
            continue
        inner = {
            part.name: environ[f"{name}_{part.name.upper()}"]
            for part in fields(value)
            if environ.get(f"{name}_{part.name.upper()}")
        }
        if inner:
            table[item.name] = inner
    return table


def _merge(base: Any, table: Mapping[str, Any], group: str) -> Any:
    """Return the dataclass ``base`` with the values of ``table``, checked."""
    hints = get_type_hints(type(base))
    known = {item.name: item for item in fields(base)}
    known.pop("origin", None)
    values: dict[str, Any] = {}
    for name, value in table.items():
        full = f"{group}{name}"
        if name not in known:
            raise InputError(
                Text(f"没有“{full}”这项设置。", f"There is no setting '{full}'."),
                Text("quhua settings 列出全部设置。", "See: quhua settings."),
            )
        old = getattr(base, name)
        if dataclasses.is_dataclass(old):
            values[name] = _merge(old, _table(full, value), f"{full}.")
        else:
            values[name] = _typed(full, value, hints[name], old)
            _require_within(full, values[name], known[name].metadata)
            _require_rate(full, values[name])
    return dataclasses.replace(base, **values)


def _table(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(name, value, "table")
    return value


def _typed(name: str, value: Any, hint: Any, old: Any) -> Any:
    """Return ``value`` as the type of the setting it replaces."""
    if isinstance(old, bool):
        words = {"1": True, "true": True, "0": False, "false": False}
        found = value if isinstance(value, bool) else words.get(str(value).lower())
        if found is None:
            raise _wrong(name, value, "true / false")
        return found
    if isinstance(old, int | float):
        try:
            number = type(old)(value)
        except (TypeError, ValueError) as error:
            raise _wrong(name, value, type(old).__name__) from error
        if isinstance(value, bool) or number != float(value):
            raise _wrong(name, value, type(old).__name__)
        return number
    if isinstance(old, tuple | frozenset):
        items = value.split(",") if isinstance(value, str) else value
        return type(old)(items)
    if isinstance(old, dict):
        return {**old, **_table(name, value)}
    if isinstance(old, str) and not isinstance(value, str):
        raise _wrong(name, value, str(hint))
    return value


def _require_within(name: str, value: Any, metadata: Mapping[str, Any]) -> None:
    """Refuse a number beyond what makes sense; none of ours is negative."""
    least, most = metadata.get("least", 0), metadata.get("most", math.inf)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if not least <= value <= most or value == math.inf:
        above = "" if most == math.inf else f", <= {most:g}"
        raise _wrong(name, value, f"number >= {least:g}{above}")


def _require_rate(name: str, value: Any) -> None:
    """Refuse a rate that cannot be read: guessing would go on without a limit."""
    if name.endswith("_rate") and not _RATE.fullmatch(value):
        raise _wrong(name, value, "30 per minute")


_RATE = re.compile(r"[1-9][0-9]{0,8} per (second|minute|hour|day)")


def _wrong(name: str, value: Any, wanted: str) -> InputError:
    return InputError(
        Text(
            f"设置 {name} 的值 {value!r} 无效，应为 {wanted}。",
            f"Setting {name} cannot be {value!r}; it is a {wanted}.",
        )
    )
