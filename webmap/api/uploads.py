"""Files on their way in, by parts; how they are understood; drafts made of them."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import Schema, fields, validate

from boundaries.layers import LAYERS
from boundaries.registry.uploads import FOR_CANDIDATES, FOR_NETWORK
from geodata.errors import InputError, Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import Arguments, Job
from webmap.session import actor, registry

uploads = ApiBlueprint("uploads", Text("上传", "Uploads"))

DIGEST = "X-Part-Digest"
BINARY = "application/octet-stream"


class Member(Schema):
    """One of several files that belong together."""

    name = fields.String(required=True, validate=validate.Length(1, 1000))
    size = fields.Integer(required=True, strict=True)


class Begin(Arguments):
    """A file about to be sent."""

    name = fields.String(
        required=True,
        validate=validate.Length(1, 1000),
        metadata={"description": "for display only"},
    )
    size = fields.Integer(
        required=True, strict=True, metadata={"description": "bytes in all"}
    )
    digest = fields.String(
        load_default="", metadata={"description": "sha256 of the whole, in hex"}
    )
    modified = fields.String(load_default="", validate=validate.Length(max=64))
    members = fields.List(
        fields.Nested(Member),
        load_default=list,
        metadata={"description": "files that belong together, sent as one"},
    )
    purpose = fields.String(
        load_default="",
        validate=validate.OneOf(["", FOR_NETWORK, FOR_CANDIDATES]),
        metadata={
            "description": "network: streets, for POST /api/v1/networks; candidates: "
            "sites, for POST /api/v1/siting"
        },
    )
    target = fields.String(
        load_default="",
        validate=validate.OneOf(["", *(each.name for each in LAYERS)]),
        metadata={"description": "our layer it is for; empty: one you may change"},
    )


class Upload(Schema):
    """An upload as it stands."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    size = fields.Integer(required=True)
    state = fields.String(required=True)
    received = fields.List(
        fields.List(fields.Integer()),
        metadata={"description": "the ranges of bytes that are here"},
    )
    job = fields.String(
        allow_none=True, metadata={"description": "the job that reads it"}
    )
    drafts = fields.List(fields.String())


class Said(Arguments):
    """A person's word over the guesses of a reading."""

    target = fields.String(
        load_default="divisions", metadata={"description": "the layer it is for"}
    )
    layer = fields.String(
        load_default=None, allow_none=True, metadata={"description": "the file's"}
    )
    overrides = fields.Dict(
        keys=fields.String(),
        load_default=dict,
        metadata={
            "description": "encoding, crs (EPSG), axis_swapped, shift (gcj02, bd09, "
            "null or {dx_m, dy_m}), fields ({theirs: ours}), angles"
        },
    )


class Stage(Arguments):
    """What a draft made of the file is to say."""

    effective = fields.String(
        required=True, metadata={"description": "2016, 2016-06 or 2016-06-08"}
    )
    basis = fields.String(load_default="", validate=validate.Length(max=1000))
    title = fields.String(load_default="", validate=validate.Length(max=200))
    complete = fields.String(
        load_default="",
        metadata={"description": "code: the file lists all units below it"},
    )
    confirmed = fields.List(
        fields.String(),
        load_default=list,
        metadata={"description": "the guesses a person confirmed"},
    )
    draft = fields.String(
        load_default="", metadata={"description": "replace what this draft holds"}
    )


@uploads.get("", Text("列出我的上传", "List my uploads"))
@policy.may("receive")
def index() -> Any:
    """Return the caller's uploads, newest first."""
    return {"items": registry().uploads(actor()), "next": None}


@uploads.post(
    "",
    Text("开始上传（同一文件再次开始即继续）", "Begin an upload, or go on with it"),
    body=Begin,
    answer=Upload,
    status=201,
)
@policy.may("receive")
def begin(body: dict[str, Any]) -> Any:
    """Announce a file and learn what of it is here already."""
    return registry().begin_upload(
        actor(),
        body["name"],
        body["size"],
        body["digest"],
        modified=body["modified"],
        members=body["members"],
        purpose=body["purpose"],
        target=body["target"],
    )


@uploads.get("/<upload>", Text("查看一个上传", "See an upload"), answer=Upload)
@policy.may("receive")
def show(upload: str) -> Any:
    """Return an upload with the ranges that are here."""
    return registry().upload(actor(), upload)


@uploads.put(
    "/<upload>/parts/<int:offset>",
    Text("发送一段", "Send a part"),
    raw=BINARY,
    answer=Upload,
    also={
        409: Text("与先前收到的内容不一致", "It differs from what came before"),
        507: Text("磁盘已满，已确认的部分仍在", "The disk is full; what is here stays"),
    },
)
@policy.may("receive")
def put_part(upload: str, offset: int) -> Any:
    """Keep a part; ``X-Part-Digest`` is the sha256 of its bytes, in hex."""
    request.max_content_length = registry().settings.uploads.part_mb << 20
    digest = request.headers.get(DIGEST, "")
    if not digest:
        raise InputError(
            Text(f"缺少 {DIGEST}。", f"{DIGEST} is missing."),
            Text("它是这一段的 sha256。", "It is the sha256 of this part."),
        )
    content = request.get_data(cache=False)
    return registry().put_part(actor(), upload, offset, content, digest)


@uploads.post(
    "/<upload>/finish",
    Text("完成上传，保存原件并开始读取", "Finish: keep the original and read it"),
    answer=Upload,
)
@policy.may("receive")
def finish(upload: str) -> Any:
    """Answer when the whole file is durable under its hash."""
    return registry().finish_upload(actor(), upload)


@uploads.delete("/<upload>", Text("删除上传", "Drop an upload"), status=204)
@policy.may("receive")
def drop(upload: str) -> Any:
    """Forget an upload; an original once kept stays on record."""
    registry().drop_upload(actor(), upload)


@uploads.get("/<upload>/reading", Text("查看读取结果", "See how it was understood"))
@policy.may("receive")
def reading(upload: str) -> Any:
    """Return the reading with samples by field, and a preview as GeoJSON."""
    return registry().reading(actor(), upload)


@uploads.post(
    "/<upload>/read",
    Text("按指定的判断重新读取", "Read it again, with a person's word"),
    body=Said,
    answer=Job,
    status=202,
)
@policy.may("receive")
def read(body: dict[str, Any], upload: str) -> Any:
    """Queue a reading; the file need not be sent again."""
    return registry().read_upload(actor(), upload, body)


@uploads.post(
    "/<upload>/stage",
    Text("建立草稿并检查", "Make a draft of it and check it"),
    body=Stage,
    answer=Job,
    status=202,
)
@policy.may("stage")
def stage(body: dict[str, Any], upload: str) -> Any:
    """Queue the making of a draft from the file as it was read last."""
    return registry().stage_upload(actor(), upload, body)
