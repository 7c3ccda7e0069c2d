"""What the worker does with an upload: read it, and make a draft of it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from boundaries import incoming, references
from boundaries.uploads import looks, names
from geodata.errors import CRSError, InputError, QuhuaError, Text

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from boundaries.jobs.work import Work
    from geodata.files.reading import Reading

_STEPS = {
    "unpacking": Text("正在解压", "unpacking"),
    "looking at layers": Text("正在查看图层", "looking at layers"),
    "reading": Text("正在读取", "reading"),
    "checking geometry": Text("正在核对图形", "looking at the geometry"),
    "handing over": Text("正在整理", "handing over"),
}


def read(work: Work) -> dict[str, Any]:
    """Read an upload and keep how it was understood, with samples and a preview."""
    if work.written("read_upload") is None:
        frame, reading = _read(work, work.job["parameters"])
        work.say(0.8, "正在准备预览", "preparing the preview")
        target = work.parameter("target")
        found = looks.found(work.registry.store, frame, reading, target)
        work.registry.keep_reading(work.actor, work.subject, found)
    return {"upload": work.subject}


def stage(work: Work) -> dict[str, Any]:
    """Make a draft of an upload as it was read last, and check it."""
    registry, actor = work.registry, work.actor
    draft = work.written("stage") or work.written("restage")
    if draft is None:
        said = work.parameter("reading")
        frame, reading = _read(work, said, most=0.5)
        work.say(0.55, "正在与现有数据比较", "comparing with what is known")
        draft = str(_staged(work, frame, reading)["id"])
    registry.note_draft(actor, work.subject, draft)
    work.say(0.7, "正在检查", "checking")
    work.once("check", lambda: registry.check(actor, draft))
    return {"draft": draft, "upload": work.subject}


def _staged(work: Work, frame: gpd.GeoDataFrame, reading: Reading) -> dict[str, Any]:
    registry, actor = work.registry, work.actor
    digest, _ = registry.original_of(actor, work.subject)
    try:
        return registry.stage(
            actor,
            frame,
            layer=work.parameter("reading")["target"],
            effective=work.parameter("effective"),
            basis=work.parameter("basis"),
            title=work.parameter("title"),
            complete=work.parameter("complete"),
            draft=work.parameter("draft"),
            confirmed=work.parameter("confirmed"),
            reading=reading,
            original=digest,
        )
    except InputError as error:
        raise _in_words_of_pages(error) from error


def _in_words_of_pages(error: InputError) -> InputError:
    """Return the error with a hint for somebody at a page, not at a terminal."""
    hint = error.hint
    if error.code == "decision_needed":
        hint = Text(
            "请回到读取结果，逐项确认或改正。",
            "Go back to the reading and confirm or correct each.",
        )
    elif hint is not None and "--" in hint.zh:
        hint = Text(
            "请回到读取结果，在“字段”里指定对应。",
            "Go back to the reading and say there which field is which.",
        )
    return InputError(error.message, hint, code=error.code)


def _read(
    work: Work, said: dict[str, Any], *, most: float = 0.75
) -> tuple[gpd.GeoDataFrame, Reading]:
    """Read the kept original as a person said it is to be understood."""
    registry = work.registry
    digest, row = registry.original_of(work.actor, work.subject)
    path = _copied(work, digest, names.kept(row))
    work.say(0.02, "正在取得现有区划作比对", "fetching the known divisions")
    compared = references.of_store(registry.store)
    settings = registry.settings

    def tell(done: float, step: str) -> None:
        words = _STEPS.get(step, Text("正在读取", "reading"))
        work.tell(0.05 + done * (most - 0.05), words)

    try:
        return incoming.read(
            path,
            name=names.kept(row),
            layer=said["layer"],
            target=said["target"],
            region=settings.region,
            compared=compared,
            overrides=said["overrides"],
            limits=settings.upload,
            progress=tell,
        )
    except CRSError as error:
        raise _asking(error, by_hand="crs" in said["overrides"]) from error


def _asking(error: CRSError, *, by_hand: bool) -> QuhuaError:
    """Return a contradiction of coordinates with what to do about it at the page.

    What a person said is not what the file declares.
    """
    if by_hand:
        error.message = Text(
            error.message.zh.replace("坐标系声明与", "指定的坐标系与").replace(
                "文件声明为", "指定为"
            ),
            error.message.en.replace("The declared CRS", "The CRS named").replace(
                "the file declares", "it was said to be"
            ),
        )
    error.hint = Text(
        "请在下面指定坐标系（或对调坐标轴）后重新读取，无需再次上传。",
        "Say below which coordinate system it is (or swap the axes) and read it "
        "again; there is no need to upload it again.",
    )
    return error


def _copied(work: Work, digest: str, name: str) -> Path:
    """Return a private copy of the original under a name that is ours."""
    path = work.folder / f"upload{names.extension(name)}"
    kept = work.registry.store.blob_path(digest)
    if kept is None:
        path.write_bytes(work.registry.store.blob(digest))
    else:
        shutil.copyfile(kept, path)
    return path
