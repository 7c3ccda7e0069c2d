"""Look over a DXF before GDAL does, and multiply its blocks out.

A drawing of 4 KB may place a block in a block in a block, ten times each, and
unfold to 10^11 entities. The references are multiplied out here first, without
drawing anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from geodata.errors import FileRefusedError, Text
from geodata.files import encoding as text_encoding
from geodata.files.limits import Limits
from geodata.files.reading import Encoding

_COUNTS = frozenset({71, 72, 73, 74, 90, 91, 92, 93})
_AGAIN = Text("请在 CAD 中重新另存为 DXF。", "Save it as DXF again in the CAD program.")


@dataclass(frozen=True)
class Drawing:
    """What the scan found."""

    encoding: Encoding
    notes: tuple[Text, ...]


@dataclass
class _Block:
    """What one block (or the drawing itself) holds."""

    entities: int = 0
    inserts: list[tuple[str, int]] = field(default_factory=list)


def prepare(path: Path, limits: Limits, *, encoding: str | None = None) -> Drawing:
    """Check a DXF and rewrite the private copy at ``path`` as UTF-8.

    Raises
    ------
    FileRefusedError
        Cut off, or blocks that hold themselves.
    LimitError
        Blocks that unfold to more entities than a layer may have records, or a
        curve with more points than a record may have.
    """
    data = path.read_bytes()
    found = _encoding(data, encoding)
    text = data.decode(found.name, "replace")
    blocks = _scan(text, limits)
    total = _unfold("", blocks, {}, (), limits)
    limits.check("records", total)
    path.write_bytes(_headed(text).encode("utf-8"))
    return Drawing(found, ())


def _headed(text: str) -> str:
    """Return the drawing with a header: GDAL takes one without for Latin-1."""
    if "$ACADVER" in text[: 1 << 16]:
        return re.sub(r"(\$ACADVER\s+1\s+)AC10\d\d", r"\1AC1021", text, count=1)
    head = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1021\n0\nENDSEC\n"
    return head + text.lstrip("\ufeff")


def _encoding(data: bytes, asked: str | None) -> Encoding:
    if asked is not None:
        return text_encoding.by_hand(asked)
    pattern = rb"[\x20-\x7e]*[\x80-\xff][\x20-\x7e\x80-\xff]*"
    samples = list(dict.fromkeys(re.findall(pattern, data)))[:4000]
    page = re.search(rb"\$DWGCODEPAGE\s+3\s+(\S+)", data[: 1 << 16])
    said = page.group(1).decode("latin-1") if page else ""
    codec = text_encoding.codec_of(said.replace("_", " ")) if said else None
    where = Text(f"$DWGCODEPAGE 为 {said}", f"$DWGCODEPAGE is {said}")
    claims = [(codec, where)] if codec else []
    return text_encoding.detect(samples, declared=claims)


def _pairs(text: str) -> Iterator[tuple[int, str]]:
    lines = iter(text.splitlines())
    for code in lines:
        value = next(lines, None)
        if value is None:
            return
        try:
            yield int(code), value.strip()
        except ValueError:
            raise FileRefusedError(
                Text(
                    "DXF 文件的组码错误。", "The DXF has a line that is no group code."
                ),
                _AGAIN,
            ) from None


def _scan(text: str, limits: Limits) -> dict[str, _Block]:
    """Return the drawing (under ``""``) and its blocks by name."""
    blocks: dict[str, _Block] = {"": _Block()}
    section, entity, block = "", "", ""
    values: dict[int, str] = {}
    ended = False
    for code, value in _pairs(text):
        if code != 0:
            values.setdefault(code, value)
            if entity == "SECTION" and code == 2:
                section = value
            _refuse_count(entity, code, value, limits)
            continue
        block = _close(entity, values, section, block, blocks)
        entity, values = value, {}
        ended = ended or value == "EOF"
    if not ended:
        raise FileRefusedError(
            Text(
                "DXF 文件不完整：没有结尾标记 EOF。",
                "The DXF is cut off: EOF is missing.",
            ),
            _AGAIN,
        )
    return blocks


def _refuse_count(entity: str, code: int, value: str, limits: Limits) -> None:
    if entity in {"SPLINE", "LWPOLYLINE", "MESH", "HATCH"} and code in _COUNTS:
        number = int(value) if re.fullmatch(r"-?\d{1,18}", value) else 0
        limits.check("record_vertices", abs(number), where=entity)


def _close(
    entity: str,
    values: dict[int, str],
    section: str,
    block: str,
    blocks: dict[str, _Block],
) -> str:
    """Book the entity that ends here; return the block we are in after it."""
    if section == "BLOCKS" and entity == "BLOCK":
        name = values.get(2, "").upper()
        blocks[name] = _Block()
        return name
    if entity == "ENDBLK":
        return ""
    if section not in {"BLOCKS", "ENTITIES"} or entity in {"SECTION", "ENDSEC", ""}:
        return block
    holder = blocks[block if section == "BLOCKS" else ""]
    if entity == "INSERT":
        columns, rows = (_number(values.get(code, "1")) for code in (70, 71))
        holder.inserts.append((values.get(2, "").upper(), columns * rows))
    elif entity not in {"VERTEX", "SEQEND", "ATTRIB"}:
        holder.entities += 1
    return block


def _number(text: str) -> int:
    return max(int(text), 1) if re.fullmatch(r"-?\d{1,9}", text) else 1


def _unfold(
    name: str,
    blocks: dict[str, _Block],
    known: dict[str, int],
    above: tuple[str, ...],
    limits: Limits,
) -> int:
    """Return how many entities a block becomes."""
    if name in known:
        return known[name]
    if name in above:
        raise FileRefusedError(
            Text(
                f"DXF 的块 {name} 引用了自身。", f"The DXF block {name} holds itself."
            ),
            _AGAIN,
        )
    limits.check("depth", len(above))
    block = blocks.get(name, _Block())
    total = block.entities
    for inner, times in block.inserts:
        total += times * max(_unfold(inner, blocks, known, (*above, name), limits), 1)
    known[name] = total
    return total
