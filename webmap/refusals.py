"""What is answered when something cannot be done: what, where, what to do about it."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import g, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from geodata.errors import (
    ConflictError,
    FileRefusedError,
    ForbiddenError,
    GeometryError,
    InputError,
    LimitError,
    NotFoundError,
    QuhuaError,
    SignInError,
    StateError,
    Text,
)
from webmap import languages, policy, session
from webmap.api.problems import ArgumentsError, arguments_error

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)

STATUS: tuple[tuple[type[QuhuaError], int], ...] = (
    (ArgumentsError, 422),
    (NotFoundError, 404),
    (SignInError, 401),
    (ForbiddenError, 403),
    (StateError, 409),
    (ConflictError, 409),
    (LimitError, 413),
    (FileRefusedError, 422),
    (GeometryError, 422),
    (InputError, 400),
)
"""The first class that matches gives the status; 500 for the rest."""

CODES: dict[str, int] = {
    "disk_full": 507,
    "busy": 503,
    "retry": 503,
    "unreachable": 503,
}
"""What the code of an error says more exactly than its class."""


class Words(NamedTuple):
    """What a status means to a person, and what they can do."""

    message: Text
    hint: Text


WORDS: dict[int, Words] = {
    400: Words(
        Text("请求有误，或页面已过期。", "The request is not right, or too old."),
        Text(
            "请返回上一页检查所填内容，或刷新页面后重试。",
            "Go back and look at what was filled in, or load the page again.",
        ),
    ),
    401: Words(
        Text("请先登录。", "Please sign in first."),
        Text("会话可能已超时。", "The session may have ended."),
    ),
    403: Words(
        Text("无权访问。", "You may not see this."),
        Text(
            "如工作需要，请联系管理员授权。",
            "Ask an administrator for the role if your work needs it.",
        ),
    ),
    404: Words(
        Text("没有这个页面。", "There is no such page."),
        Text(
            "请检查地址，或从首页进入。",
            "Look at the address, or begin at the front page.",
        ),
    ),
    405: Words(
        Text("不支持这种请求方式。", "This method is not supported here."),
        Text("请从页面上的按钮操作。", "Use the buttons of the page."),
    ),
    409: Words(
        Text("内容已被他人更改。", "Somebody changed this meanwhile."),
        Text("请刷新后查看现状再办理。", "Load it again and look at it as it is now."),
    ),
    413: Words(
        Text("内容超过服务器允许的大小。", "This is larger than the server takes."),
        Text(
            "请分批提交；文件请在“上传”页分段上传。",
            "Send less at once; send files in parts on the upload page.",
        ),
    ),
    429: Words(
        Text("请求过于频繁。", "Too many requests."),
        Text("请等一分钟再试。", "Wait a minute and try again."),
    ),
    500: Words(
        Text(
            "程序出错，已记入日志；数据不受影响。",
            "Something broke and has been logged; no data is affected.",
        ),
        Text(
            "请重试；仍然如此，请把下面的编号告诉管理员。",
            "Try again; if it stays, tell an administrator the number below.",
        ),
    ),
    503: Words(
        Text("服务器正忙。", "The server is busy."),
        Text("请稍后重试。", "Try again in a moment."),
    ),
    507: Words(
        Text(
            "服务器磁盘空间不足，本次操作没有保存。",
            "The server's disk is full; this was not saved.",
        ),
        Text(
            "此前保存的内容不受影响。请通知管理员腾出空间后重试。",
            "What was saved before is safe. Tell an administrator, and try again when "
            "there is room.",
        ),
    ),
}


def install(app: Flask) -> None:
    """Answer every error of an application in words."""
    app.register_error_handler(QuhuaError, _told)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _broken)


def words_of(status: int) -> Words:
    """Return the words of a status, those of its kind where it has none."""
    return WORDS.get(status) or WORDS[500 if status >= 500 else 400]


def _told(error: QuhuaError) -> Any:
    status = CODES.get(error.code) or next(
        (code for kind, code in STATUS if isinstance(error, kind)), 500
    )
    if status < 500:
        return _answer(status, error.message, error.hint, error.to_dict())
    reference = _logged(error)
    hint = error.hint or words_of(status).hint
    answer = _answer(status, error.message, hint, error.to_dict(), reference)
    return (*answer, {"Retry-After": RETRY_S}) if status == 503 else answer


def _refused(error: HTTPException) -> Any:
    if error.response is not None or (error.code or 500) < 400:
        return error
    said = getattr(error, "data", {}).get("messages")
    if said is not None:
        return _told(arguments_error(said))
    status = error.code or 500
    message, hint = words_of(status)
    document = QuhuaError(message, hint, code="http").to_dict()
    answer = _answer(status, message, hint, document)
    kept = {name: value for name, value in error.get_headers() if name in _KEPT}
    return (*answer, kept)


RETRY_S = "5"
"""Seconds after which who met a busy server may ask again."""
_KEPT = frozenset({"Allow", "Retry-After"})
"""Headers of an HTTP error that say what would have been right."""


def _broken(error: Exception) -> Any:
    reference = _logged(error)
    message, hint = words_of(500)
    document = QuhuaError(message, hint, code="bug").to_dict()
    return _answer(500, message, hint, document, reference)


def _logged(error: Exception) -> str:
    """Write an error to the log under a number a person can pass on."""
    reference = secrets.token_hex(4)
    log.error("error %s at %s", reference, request.path, exc_info=error)
    return reference


def _answer(
    status: int,
    message: Text,
    hint: Text | None,
    document: dict[str, object],
    reference: str = "",
) -> tuple[Any, int]:
    if reference:
        document = {**document, "reference": reference}
    if policy.wants_json():
        return jsonify(document), status
    words = {
        "status": status,
        "message": languages.say(message),
        "hint": languages.say(hint) if hint else "",
        "reference": reference,
    }
    try:
        return render_template("error.html", **words), status
    except Exception:
        # what broke the page may break its frame too: say it without one
        log.exception("the frame of the error page failed")
        g.bare = True
        session.ignore()
        return render_template("error.html", **words), status
