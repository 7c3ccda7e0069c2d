"""Drafts: everything the pages of a draft do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import jsonify
from marshmallow import fields, validate

from boundaries.registry import findings, listing
from boundaries.registry.settling import LONGEST
from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import Arguments, Query
from webmap.drafts import (
    box_of,
    checking,
    never_kept,
    require_named,
    start_publishing,
    turned,
)
from webmap.session import actor, registry

if TYPE_CHECKING:
    pass

drafts = ApiBlueprint("drafts", Text("草稿与审核", "Drafts and their review"))
waivers = ApiBlueprint("waivers", Text("豁免", "Waivers"))


for _part in (drafts, waivers):
    _part.after_request(never_kept)

_MOST_MARKS = 5_000
"""Findings named at once; to take all, name none."""
_CHECKED_FIRST = Text("先检查；完成后再次请求", "checked first; ask again when done")


class _List(Query):
    box = fields.String(load_default="all", validate=validate.OneOf(listing.BOXES))
    state = fields.String(load_default="")
    author = fields.String(load_default="")
    layer = fields.String(load_default="")
    since = fields.String(load_default="")
    until = fields.String(load_default="")
    sort = fields.String(
        load_default="-updated",
        metadata={"description": f"{', '.join(listing.SORTS)}; '-' before it turns it"},
    )
    start = fields.Integer(load_default=0, validate=validate.Range(min=0))
    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=listing.MOST)
    )


class _Filter(Query):
    rule = fields.String(load_default="")
    severity = fields.String(load_default="")
    state = fields.String(
        load_default="", metadata={"description": ", ".join(findings.STATES)}
    )
    unit = fields.String(
        load_default="",
        metadata={"description": "the beginning of a code, or part of a name"},
    )
    repair = fields.Boolean(
        load_default=False,
        metadata={"description": "only those that can be mended without a person"},
    )


class _Page(_Filter):
    sort = fields.String(
        load_default="number",
        metadata={"description": f"{', '.join(findings.SORTS)}; '-' turns it"},
    )
    start = fields.Integer(load_default=0, validate=validate.Range(min=0))
    limit = fields.Integer(
        load_default=100, validate=validate.Range(min=1, max=findings.MOST)
    )


class _Drawn(_Filter):
    bbox = fields.String(
        load_default="", metadata={"description": "west,south,east,north in degrees"}
    )
    marks = fields.Boolean(
        load_default=False, metadata={"description": "places only, of all of them"}
    )


class _Note(Arguments):
    note = fields.String(load_default="", validate=validate.Length(max=LONGEST))


class _Reason(Arguments):
    note = fields.String(required=True, validate=validate.Length(min=1, max=LONGEST))


class _Approval(_Note):
    staging = fields.Integer(
        required=True, metadata={"description": "the draft's, as it was looked at"}
    )


class _Discard(_Note):
    name = fields.String(
        required=True, metadata={"description": "the draft's id, to confirm it"}
    )


class _Marks(Arguments):
    findings = fields.List(
        fields.String(validate=validate.Length(max=64)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=_MOST_MARKS),
        metadata={"description": "fingerprints; none: all that can be mended"},
    )
    to = fields.Dict(
        keys=fields.String(validate=validate.Length(max=64)),
        values=fields.String(validate=validate.Length(max=64)),
        load_default=dict,
        validate=validate.Length(max=_MOST_MARKS),
        metadata={
            "description": "by fingerprint the unit that gets a gap or an overlap, "
            "empty: neither; else who has the longest border with it"
        },
    )


class _Waiver(Arguments):
    finding = fields.String(required=True)
    reason = fields.String(required=True, validate=validate.Length(min=1, max=LONGEST))
    expires = fields.String(load_default=None, allow_none=True)


class _Comment(Arguments):
    text = fields.String(required=True, validate=validate.Length(min=1, max=LONGEST))
    finding = fields.String(load_default=None, allow_none=True)


class _Choices(Arguments):
    head = fields.Integer(
        required=True, metadata={"description": "as the conflict gave it"}
    )
    choices = fields.Dict(
        keys=fields.String(),
        values=fields.String(validate=validate.OneOf(["mine", "theirs"])),
        required=True,
    )


class _Layer(Query):
    layer = fields.String(load_default=None, allow_none=True)


@drafts.get("", Text("列出草稿", "List drafts"), query=_List)
@policy.may("view_draft")
def index(query: dict[str, Any]) -> Any:
    """Return one page of the drafts the caller may see."""
    sort, descending = turned(query.pop("sort"))
    wanted = listing.Wanted(**query, sort=sort, descending=descending)
    return registry().draft_list(actor(), wanted)


@drafts.get("/<draft>", Text("查看草稿", "Show a draft"))
@policy.may("view_draft")
def show(draft: str) -> Any:
    """Return a draft's document with the moves the caller has."""
    return registry().seen(actor(), draft)


@drafts.get("/<draft>/findings", Text("列出检查问题", "List findings"), query=_Page)
@policy.may("view_draft")
def findings_page(query: dict[str, Any], draft: str) -> Any:
    """Return one page of the findings that match."""
    sort, descending = turned(query.pop("sort"))
    part = {name: query.pop(name) for name in ("start", "limit")}
    return registry().findings_page(
        actor(),
        draft,
        findings.Wanted(**query),
        sort=sort,
        descending=descending,
        **part,
    )


@drafts.get(
    "/<draft>/findings.geojson",
    Text("检查问题的图形", "Draw findings"),
    query=_Drawn,
    content="application/geo+json",
)
@policy.may("view_draft")
def findings_drawn(query: dict[str, Any], draft: str) -> Any:
    """Return the shapes of findings in a box, or the places of all of them."""
    box, marks = query.pop("bbox"), query.pop("marks")
    wanted = findings.Wanted(**query)
    return registry().findings_drawn(actor(), draft, wanted, box_of(box), marks=marks)


@drafts.get("/<draft>/changes", Text("草稿改动了什么", "What a draft changes"))
@policy.may("view_draft")
def changes(draft: str) -> Any:
    """Return units, moved ground and border lines; `ready` says whether they are."""
    return registry().draft_changes(actor(), draft)


@drafts.get("/<draft>/conversation", Text("经过与留言", "History and comments"))
@policy.may("view_draft")
def conversation(draft: str) -> Any:
    """Return moves, comments and waivers in the order they came."""
    return {"items": registry().conversation(actor(), draft)}


@drafts.post("/<draft>/comments", Text("留言", "Comment"), body=_Comment, status=201)
@policy.may("comment")
def comment(body: dict[str, Any], draft: str) -> Any:
    """Say something about the draft or one of its findings."""
    return registry().comment(actor(), draft, body["text"], body["finding"])


@drafts.post("/<draft>/check", Text("检查草稿", "Check a draft"), status=202)
@policy.may("check")
def check(draft: str) -> Any:
    """Queue a check; return its job."""
    registry().seen(actor(), draft)
    return registry().start_job(actor(), "check", draft, {})


@drafts.post(
    "/<draft>/repairs/preview",
    Text("预览修复", "Preview repairs"),
    body=_Marks,
)
@policy.may("view_draft")
def preview(body: dict[str, Any], draft: str) -> Any:
    """Return what repairs would do and cost; nothing is written."""
    return registry().repair_preview(
        actor(), draft, body["findings"] or (), to=body["to"]
    )


@drafts.post(
    "/<draft>/repairs", Text("采用修复建议", "Accept repairs"), body=_Marks, status=202
)
@policy.may("repair")
def repair(body: dict[str, Any], draft: str) -> Any:
    """Queue the repairs and the check after them; return the job."""
    registry().seen(actor(), draft)
    chosen = body["findings"]
    parameters = {} if chosen is None else {"fingerprints": chosen}
    if body["to"]:
        parameters["to"] = body["to"]
    return registry().start_job(actor(), "repair", draft, parameters)


@drafts.get(
    "/<draft>/repairs/<int:batch>", Text("查看修复记录", "See a log of repairs")
)
@policy.may("view_draft")
def repair_log(draft: str, batch: int) -> Any:
    """Return what each repair of a batch did and cost, or why it was not done."""
    return jsonify(registry().repair_log(actor(), draft, batch))


@drafts.post("/<draft>/repairs/<int:batch>/undo", Text("撤销修复", "Take repairs back"))
@policy.may("repair")
def undo_repair(draft: str, batch: int) -> Any:
    """Stage the units of a batch as they were before it; return the draft."""
    return registry().undo_repair(actor(), draft, batch)


@drafts.post(
    "/<draft>/submit",
    Text("提交审核", "Submit for review"),
    body=_Note,
    also={202: _CHECKED_FIRST},
)
@policy.may("submit")
def submit(body: dict[str, Any], draft: str) -> Any:
    """Hand the draft to review; 202 and the job of a check while it needs one."""
    if job := checking(registry().seen(actor(), draft)):
        return jsonify(job), 202
    return registry().submit(actor(), draft, body["note"])


@drafts.post("/<draft>/withdraw", Text("撤回", "Withdraw"), body=_Note)
@policy.may("withdraw")
def withdraw(body: dict[str, Any], draft: str) -> Any:
    """Take a submitted draft back."""
    registry().seen(actor(), draft)
    return registry().withdraw(actor(), draft, body["note"])


@drafts.post("/<draft>/return", Text("退回", "Return to the author"), body=_Reason)
@policy.may("return")
def send_back(body: dict[str, Any], draft: str) -> Any:
    """Send a submitted draft back with the reason."""
    registry().seen(actor(), draft)
    return registry().return_draft(actor(), draft, body["note"])


@drafts.post(
    "/<draft>/approve",
    Text("批准", "Approve"),
    body=_Approval,
    also={202: _CHECKED_FIRST},
)
@policy.may("approve")
def approve(body: dict[str, Any], draft: str) -> Any:
    """Commit the draft, exactly as looked at; 202 and a job while it needs a check."""
    if job := checking(registry().seen(actor(), draft)):
        return jsonify(job), 202
    return registry().approve(actor(), draft, body["note"], staging=body["staging"])


@drafts.post(
    "/<draft>/waivers",
    Text("豁免一个问题", "Waive a finding"),
    body=_Waiver,
    also={202: _CHECKED_FIRST},
)
@policy.may("waive")
def waive(body: dict[str, Any], draft: str) -> Any:
    """Let a finding stand until a date; 202 and a job while it needs a check."""
    if job := checking(registry().seen(actor(), draft)):
        return jsonify(job), 202
    return registry().waive(
        actor(), draft, body["finding"], body["reason"], body["expires"]
    )


@drafts.post("/<draft>/discard", Text("作废", "Discard"), body=_Discard)
@policy.may("discard")
def discard(body: dict[str, Any], draft: str) -> Any:
    """Give a draft up; it stays on record."""
    registry().seen(actor(), draft)
    require_named(draft, body["name"])
    return registry().discard(actor(), draft, body["note"])


@drafts.get("/<draft>/conflict", Text("冲突的三方", "The sides of a conflict"))
@policy.may("view_draft")
def conflict(draft: str) -> Any:
    """Return base, mine and theirs of each unit in conflict."""
    return registry().conflict(actor(), draft)


@drafts.post("/<draft>/resolve", Text("解决冲突", "Settle a conflict"), body=_Choices)
@policy.may("resolve")
def resolve(body: dict[str, Any], draft: str) -> Any:
    """Stage the draft again with the side chosen for each unit."""
    registry().seen(actor(), draft)
    return registry().resolve(actor(), draft, body["choices"], head=body["head"])


@drafts.get("/<draft>/impact", Text("发布的影响", "What publishing would change"))
@policy.may("publish")
def impact(draft: str) -> Any:
    """Return what readers would see differently."""
    document = registry().seen(actor(), draft)
    return registry().impact(actor(), document["layer"], document["version"])


@drafts.post("/<draft>/publish", Text("发布", "Publish"), status=202)
@policy.may("publish")
def publish(draft: str) -> Any:
    """Queue the publishing of the version a draft became; return the job."""
    document = registry().seen(actor(), draft)
    return start_publishing(document)


@waivers.get("", Text("列出豁免", "List waivers"), query=_Layer)
@policy.may("view_draft")
def waived(query: dict[str, Any]) -> Any:
    """Return the waivers of drafts the caller may see, and how they stand."""
    return {"items": registry().waivers_seen(actor(), query["layer"])}
