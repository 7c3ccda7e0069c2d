"""The reading itself, inside the guarded process: file in, :class:`Raw` out."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from geodata.errors import FileRefusedError, InputError, QuhuaError, Text
from geodata.files import datasets, geometry, transfer
from geodata.files.limits import Limits
from geodata.files.raw import Raw
from geodata.files.reading import Guess, Layer, Refusal
from geodata.guard import drivers
from geodata.guard.report import progress


def work(
    source: str,
    name: str,
    out: str,
    limits: dict[str, int],
    *,
    layer: str | None = None,
    overrides: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Read one layer of a file and write it to ``out`` for the parent.

    Parameters
    ----------
    source
        The private copy, relative to the working folder.
    name
        What the file was called, for layer names and messages.
    out
        Folder for the result, relative to the working folder.
    """
    held = Limits(**limits)
    raw = read(Path(source), name, held, layer=layer, overrides=overrides or {})
    folder = Path(out)
    folder.mkdir(exist_ok=True)
    progress(0.9, "handing over")
    transfer.save(raw, folder)
    return {"read": raw.read, "kept": len(raw.frame)}


def read(
    path: Path,
    name: str,
    limits: Limits,
    *,
    layer: str | None = None,
    overrides: dict[str, Any],
) -> Raw:
    """Read one layer of the private copy at ``path``."""
    progress(0.05, "unpacking")
    prepared, broken = _prepare(path, name, limits, overrides)
    if any(dataset.is_vector for dataset in prepared) and any(
        dataset.driver != "Parquet" for dataset in prepared
    ):
        drivers.switch_off_others()
    progress(0.2, "looking at layers")
    choices = [item for dataset in prepared for item in _layers(dataset, limits)]
    wanted = layer or overrides.get("layer")
    if not choices:
        raise _empty(name)
    choice = _chosen(choices, wanted)
    progress(0.3, "reading")
    raw = _read(choice, limits, overrides, wanted)
    raw = _checked(raw)
    progress(0.8, "checking geometry")
    listed = raw.layers if len(choices) == 1 else tuple(c.layer for c in choices)
    return dataclasses.replace(
        raw,
        layers=listed,
        layer=choice.layer.name if len(choices) > 1 else raw.layer,
        invalid=_invalid(raw),
        guesses=(*raw.guesses, *_layer_guess(choices, choice, wanted)),
        notes=(*raw.notes, *(note._asdict() for note in broken)),
    )


def _prepare(
    path: Path, name: str, limits: Limits, overrides: dict[str, Any]
) -> tuple[list[datasets.Dataset], list[Text]]:
    """Prepare every dataset; one that is refused is noted if others remain."""
    prepared: list[datasets.Dataset] = []
    refusals: list[tuple[str, QuhuaError]] = []
    for member in datasets.find(path, name, limits):
        try:
            prepared.append(datasets.prepare(member, limits, overrides))
        except FileRefusedError as error:
            refusals.append((member.name, error))
    if not prepared and refusals:
        raise refusals[0][1]
    notes = [
        Text(f"{member} 未读取：{error.message.zh}",
             f"{member} was not read: {error.message.en}")
        for member, error in refusals
    ]  # fmt: skip
    return prepared, notes


def _layers(dataset: datasets.Dataset, limits: Limits) -> list[Any]:
    from geodata.files.vector import Choice, layers_of

    if dataset.driver == "Parquet":
        from geodata.files import parquet

        found = parquet.layer_of(dataset.path, dataset.name, limits)
        return [Choice(dataset, dataset.name, found)]
    if dataset.is_vector:
        return layers_of(dataset, limits)
    return [Choice(dataset, dataset.name, Layer(dataset.name, "Unknown", -1))]


def _empty(name: str) -> FileRefusedError:
    return FileRefusedError(
        Text(f"{name} 里没有矢量图层。", f"{name} holds no vector layer."),
        Text(
            "请检查导出时是否选择了图层。", "Check that a layer was chosen on export."
        ),
    )


def _chosen(choices: list[Any], wanted: str | None) -> Any:
    """Return the layer asked for, or the one with most polygons, then records."""
    if wanted is not None and len(choices) > 1:
        return _named(choices, wanted)
    if wanted is not None and choices[0].dataset.is_vector:
        return _named(choices, wanted)
    return max(choices, key=lambda item: (item.layer.polygons, item.layer.count))


def _named(choices: list[Any], wanted: str) -> Any:
    for item in choices:
        if wanted in {item.layer.name, item.inner}:
            return item
    known = ", ".join(item.layer.name for item in choices[:20])
    raise InputError(
        Text(f"文件里没有图层 {wanted}。", f"The file has no layer {wanted}."),
        Text(f"可选：{known}。", f"There are: {known}."),
    )


def _layer_guess(choices: list[Any], choice: Any, wanted: str | None) -> list[Guess]:
    if len(choices) == 1 or wanted is not None:
        return []
    others = tuple(item.layer.name for item in choices if item is not choice)
    ranked = sorted((item.layer.polygons for item in choices), reverse=True)
    clear = ranked[0] > 0 and ranked[0] > ranked[1]
    evidence = _most(choice.layer, len(choices))
    confidence = 0.9 if clear else 0.6
    return [
        Guess(
            "layer",
            choice.layer.name,
            confidence,
            evidence.zh,
            others,
            evidence_en=evidence.en,
        )
    ]


def _most(layer: Layer, among: int) -> Text:
    if layer.polygons:
        return Text(
            f"{among} 个图层中面最多的一个（{layer.polygons} 个面）",
            f"the layer with most polygons ({layer.polygons}) of {among}",
        )
    return Text(
        f"{among} 个图层中记录最多的一个（{layer.count} 条）",
        f"the layer with most records ({layer.count}) of {among}",
    )


def _read(
    choice: Any, limits: Limits, overrides: dict[str, Any], wanted: str | None
) -> Raw:
    dataset = choice.dataset
    if dataset.driver == "Parquet":
        from geodata.files import parquet

        return parquet.read(dataset.path, choice.layer, limits)
    if not dataset.is_vector:
        from geodata.files.tables import read_table

        raw = read_table(
            _named_as_sent(dataset), limits=limits, layer=wanted, overrides=overrides
        )
        return _without_unusable(raw)
    from geodata.files import vector

    return vector.read(
        choice,
        limits,
        placeless=bool(overrides.get("placeless")),
        heights=bool(overrides.get("heights")),
    )


def _without_unusable(raw: Raw) -> Raw:
    """Refuse rows of a table whose numbers are no coordinates at all."""
    bad = geometry.unusable(np.asarray(raw.frame.geometry.values))
    if not bad:
        return raw
    records = raw.frame.index[list(bad)]
    refused = [
        Refusal(int(record), why._asdict())
        for record, why in zip(records, bad.values(), strict=True)
    ]
    return dataclasses.replace(
        raw,
        frame=raw.frame.drop(index=records),
        refused=(*raw.refused, *refused),
    )


def _named_as_sent(dataset: datasets.Dataset) -> Path:
    """Give a table its own name back: the reader calls the layer by it."""
    plain = "".join(c for c in dataset.name if c.isalnum() or c in "._- ()（）")
    named = dataset.path.with_name((plain[:60] or "data") + dataset.path.suffix)
    return dataset.path.rename(named)


def _checked(raw: Raw) -> Raw:
    """Hold the one law of every reader: nothing read is lost without a word."""
    if raw.read != len(raw.frame) + len(raw.refused):
        raise FileRefusedError(
            Text(f"记录数不符：读到 {raw.read} 条，采用 {len(raw.frame)} 条，"
                 f"拒绝 {len(raw.refused)} 条。",
                 f"Records do not add up: {raw.read} read, {len(raw.frame)} kept, "
                 f"{len(raw.refused)} refused."),
            Text("请在原软件中重新导出。", "Export it again."),
        )  # fmt: skip
    if len(raw.frame) == 0 and (raw.refused or not raw.blank):
        raise _nothing_kept(raw)
    return raw


def _nothing_kept(raw: Raw) -> FileRefusedError:
    if not raw.refused:
        return FileRefusedError(
            Text(f"图层 {raw.layer} 里没有记录。", f"The layer {raw.layer} is empty."),
            Text("请检查导出时的筛选条件。", "Check the filter used on export."),
        )
    first = raw.refused[0]
    more = f"（共 {raw.read} 条）", f" (of {raw.read})"
    return FileRefusedError(
        Text(f"没有一条记录可以采用{more[0]}；第 {first.record} 条："
             f"{first.reason['zh']}。",
             f"Not one record can be used{more[1]}; record {first.record}: "
             f"{first.reason['en']}."),
        Text("请在原软件中修正后重新导出。", "Mend it and export it again."),
    )  # fmt: skip


def _invalid(raw: Raw) -> tuple[dict[str, Any], ...]:
    shapes = np.asarray(raw.frame.geometry.values)
    there = np.array([shape is not None for shape in shapes], dtype=bool)
    return geometry.invalid(shapes[there], np.asarray(raw.frame.index)[there])
