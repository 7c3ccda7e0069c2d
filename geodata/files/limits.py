"""What a file may cost: one frozen object, two profiles, every number a setting.

``UPLOAD`` is for files that strangers hand in over the network, ``OPERATOR`` for
the administrator's own command line. A refusal always names the limit and the
setting that holds it, so that whoever runs the system can raise it.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from typing import Any

from geodata.errors import InputError, LimitError, Text


def _limit(default: int, unit: str, zh: str, en: str) -> Any:
    metadata = {"unit": unit, "help": Text(zh, en)}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Limits:
    """The limits of one reading; the defaults are those of an upload.

    The name of each setting is ``limits.`` and the name of the field.
    """

    memory_mb: int = _limit(
        2048, "MB", "读取进程的地址空间", "address space of the reading process"
    )
    cpu_s: int = _limit(
        20, "s", "读取进程的处理器时间", "processor time of the reading process"
    )
    wall_s: int = _limit(
        60, "s", "读取进程的总时间", "wall time of the reading process"
    )
    output_mb: int = _limit(
        512, "MB", "读取进程写出的单个文件", "one file written by the reading process"
    )
    open_files: int = _limit(
        64, "", "读取进程打开的文件数", "open files of the reading process"
    )
    file_mb: int = _limit(100, "MB", "上传文件大小", "size of the file handed in")
    unpacked_mb: int = _limit(500, "MB", "解压后总大小", "size of everything unpacked")
    entries: int = _limit(2_000, "", "压缩包内的文件数", "entries of an archive")
    ratio: int = _limit(
        100, "", "压缩比", "unpacked size of an archive over its packed size"
    )
    layers: int = _limit(200, "", "图层数", "layers of a file")
    records: int = _limit(50_000, "", "记录数", "records of a layer")
    columns: int = _limit(200, "", "字段数", "fields of a layer")
    vertices: int = _limit(5_000_000, "", "全部顶点数", "vertices of a layer")
    record_vertices: int = _limit(
        1_000_000, "", "单条记录的顶点数", "vertices of one record"
    )
    depth: int = _limit(16, "", "嵌套层数", "nesting of a document or a geometry")
    sheet_rows: int = _limit(
        200_000, "", "工作表或文本表的行数", "rows of a sheet or text table"
    )
    sheet_columns: int = _limit(
        100, "", "工作表或文本表的列数", "columns of a sheet or text table"
    )
    text_kb: int = _limit(64, "KB", "单个文本值的长度", "length of one text value")

    def exceeded(self, name: str, found: object, *, where: str = "") -> LimitError:
        """Return the refusal for the limit ``name`` that ``found`` exceeds.

        Parameters
        ----------
        name
            A field of this class.
        found
            What the file has, in the limit's unit (or a word such as ``"more"``).
        where
            The layer, record or entry, when it helps.
        """
        item = _FIELDS[name]
        text: Text = item.metadata["help"]
        unit = f" {item.metadata['unit']}" if item.metadata["unit"] else ""
        allowed = getattr(self, name)
        place = Text(f"（{where}）", f" ({where})") if where else Text("", "")
        message = Text(
            f"文件超出限制：{text.zh}为 {found}{unit}，"
            f"上限 {allowed}{unit}{place.zh}。",
            f"The file exceeds a limit: {text.en} is {found}{unit}, "
            f"at most {allowed}{unit}{place.en}.",
        )
        setting = setting_name(name)
        hint = Text(
            f"请拆分或精简文件；或由管理员调整设置 {setting}。",
            "Split or reduce the file, or let the administrator raise the setting "
            f"{setting}.",
        )
        return LimitError(message, hint, setting=setting)

    def check(self, name: str, found: int, *, where: str = "") -> None:
        """Raise :class:`~geodata.errors.LimitError` if ``found`` exceeds ``name``."""
        if found > getattr(self, name):
            raise self.exceeded(name, found, where=where)


_FIELDS: dict[str, Field[Any]] = {item.name: item for item in fields(Limits)}

UPLOAD = Limits()
"""For files from the network: the numbers trust.md measured as safe."""

OPERATOR = Limits(
    memory_mb=12_288,
    cpu_s=1_800,
    wall_s=1_800,
    output_mb=8_192,
    open_files=256,
    file_mb=4_096,
    unpacked_mb=16_384,
    entries=20_000,
    ratio=1_000,
    layers=1_000,
    records=1_000_000,
    columns=500,
    vertices=50_000_000,
    record_vertices=10_000_000,
    depth=32,
    sheet_rows=1_000_000,
    sheet_columns=500,
    text_kb=1_024,
)
"""For the administrator's own command line: 1M records, 50M vertices."""

STREETS = Limits(
    memory_mb=6_144,
    cpu_s=1_200,
    wall_s=1_800,
    output_mb=2_048,
    file_mb=1_024,
    unpacked_mb=4_096,
    records=5_000_000,
    vertices=60_000_000,
)
"""For street networks, which are larger than layers of boundaries: a province."""

_PROFILES = {"upload": UPLOAD, "operator": OPERATOR}


def setting_name(name: str) -> str:
    """Return the name of the setting that holds the limit ``name``."""
    return f"limits.{name}"


def profile(limits: str | Limits) -> Limits:
    """Return the profile called ``"upload"`` or ``"operator"``, or the limits given.

    Raises
    ------
    InputError
        For an unknown profile.
    """
    if isinstance(limits, Limits):
        return limits
    if limits not in _PROFILES:
        raise InputError(
            Text(
                f"没有名为 {limits} 的限制方案。",
                f"No profile of limits is called {limits}.",
            ),
            Text("可用：upload、operator。", "Use upload or operator."),
        )
    return _PROFILES[limits]
