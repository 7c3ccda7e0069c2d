"""Administration: state of the server, settings, public view, backups."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)

from boundaries import review
from boundaries.vocabulary import Role
from geodata.errors import InputError, QuhuaError, Text
from webmap import policy
from webmap.health import guard_facts, of_this_server, store_facts
from webmap.languages import say
from webmap.session import actor, identity, registry

admin = Blueprint("admin", __name__, url_prefix="/admin")

GROUPS = {
    "": Text("基本", "Basics"),
    "review": Text("审核", "Review"),
    "access": Text("登录与密码", "Sign-in and passwords"),
    "audit": Text("审计", "Audit"),
    "jobs": Text("任务", "Jobs"),
    "backup": Text("备份", "Backups"),
    "map": Text("地图", "Map"),
    "rules": Text("检查规则", "Rules"),
    "registers": Text("界桩与地名", "Markers and place names"),
    "services": Text("养老服务圈", "Eldercare reach"),
    "uploads": Text("上传", "Uploads"),
    "basemap": Text("底图", "Base map"),
    "upload": Text("上传文件的限额", "Limits of uploaded files"),
    "operator": Text("命令行文件的限额", "Limits on the command line"),
    "streets": Text("道路数据的限额", "Limits on streets"),
}
"""Headings of the groups of settings, in this order; others follow."""
UNITS = {
    "d": Text("天", "d"), "h": Text("小时", "h"), "min": Text("分钟", "min"),
    "s": Text("秒", "s"), "m": Text("米", "m"), "m²": Text("平方米", "m²"),
    "m/s": Text("米/秒", "m/s"), "km/h": Text("公里/小时", "km/h"),
}  # fmt: skip
"""Units in words; others are written the same in both languages."""
ORIGINS = {
    "default": Text("默认", "default"),
    "site": Text("本站设定", "set here"),
    "file": Text("设置文件", "settings file"),
    "environment": Text("环境变量", "environment"),
}


@admin.get("")
@policy.may("see_health", "see_settings", "see_users")
def index() -> str:
    """Show what an administrator may look after, and what asks for it."""
    found = of_this_server()
    wrong = [check for check in found["checks"] if check["state"] != "ok"]
    return render_template(
        "admin/index.html", wrong=wrong, public=registry().public(), health=found
    )


@admin.get("/health")
@policy.may("see_health")
def health() -> str:
    """Show how the server, its store and its isolation are."""
    found = of_this_server()
    return render_template(
        "admin/health.html",
        found=found,
        store=store_facts(found["store"]),
        guards=guard_facts(found["guard"]),
    )


@admin.get("/settings")
@policy.may("see_settings")
def settings() -> str:
    """Show every setting with its value, where from, and who may change it."""
    return _settings_page()


@admin.post("/settings")
@policy.may("change_settings", "change_access", api="settings.change")
def change_setting() -> Any:
    """Change one setting, or give it back its default."""
    name = request.form.get("name", "")
    reset = "reset" in request.form
    sent = request.form.get("value", "")
    try:
        row = registry().change_setting(actor(), name, None if reset else sent)
    except InputError as error:
        return _settings_page(wrong=(name, sent, error)), 400
    flash(
        say(
            Text(
                f"{name} 现为 {row['value']}，已生效。",
                f"{name} is {row['value']} now; it holds already.",
            )
        ),
        "success",
    )
    return redirect(f"{url_for('.settings')}#{name}", 303)


def _settings_page(wrong: tuple[str, str, QuhuaError] | None = None) -> str:
    rows = registry().site_settings(actor())
    user = identity()
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in GROUPS}
    for row in rows:
        held = user is not None and review.holds(row["verb"], user.user)
        group = row["name"].rpartition(".")[0]
        groups.setdefault(group, []).append(
            {
                **row,
                "may": held and not row["fixed"],
                "origin": ORIGINS[row["origin"]],
                "unit": UNITS.get(row["unit"], row["unit"]),
            }
        )
    titles = {name: GROUPS.get(name, Text(name, name)) for name in groups}
    return render_template(
        "admin/settings.html",
        groups={name: found for name, found in groups.items() if found},
        titles=titles,
        wrong=wrong,
        notice_words=registry().notice(),
        keepers={
            "change_settings": Role.SYSTEM_ADMIN.label,
            "change_access": Role.SECURITY_ADMIN.label,
        },
    )


@admin.post("/notice")
@policy.may("change_settings", api="settings.notice")
def set_notice() -> Any:
    """Set the words every page shows."""
    registry().set_notice(actor(), request.form.get("text", ""))
    flash(say(Text("说明已更新。", "The notice was changed.")), "success")
    return redirect(url_for(".settings"), 303)


@admin.get("/public")
@policy.may("see_settings", "set_public")
def public() -> str:
    """Show whether anybody may look, and under which approval number."""
    return render_template("admin/public.html", public=registry().public(), error=None)


@admin.post("/public")
@policy.may("set_public", api="public.switch")
def switch_public() -> Any:
    """Open or close the public view."""
    sent = request.form
    on = sent.get("on") == "1"
    try:
        registry().set_public(
            actor(), on, sent.get("approval_number", ""), sent.get("note", "")
        )
    except QuhuaError as error:
        page = render_template(
            "admin/public.html", public=registry().public(), error=error, sent=sent
        )
        return page, 400
    words = (
        Text("公众查看已开放。", "The public view is open.")
        if on
        else Text("公众查看已关闭。", "The public view is closed.")
    )
    flash(say(words), "success")
    return redirect(url_for(".public"), 303)


@admin.get("/backups")
@policy.may("backup")
def backups() -> str:
    """List the backups, and say how one comes back."""
    found = registry()
    return render_template(
        "admin/backups.html",
        backups=found.backups(actor()),
        folder=str(found.backup_folder()),
        key=str(current_app.extensions["key_file"]),
        schedule=found.settings.backup,
        store=found.store.url.rpartition("@")[2].removeprefix("sqlite:///"),
        server=found.store.url.startswith("postgres"),
        jobs=found.jobs(actor(), only=("kind:backup",), limit=5),
    )


@admin.post("/backups")
@policy.may("backup", api="backups.make")
def make_backup() -> Any:
    """Begin a backup; it is made while others work."""
    registry().start_job(actor(), "backup", "", {})
    flash(say(Text("已开始备份。", "The backup has begun.")), "success")
    return redirect(url_for(".backups"), 303)


@admin.post("/backups/<name>/verify")
@policy.may("backup", api="backups.verify")
def verify_backup(name: str) -> Any:
    """Begin to compare every file of a backup with its manifest."""
    registry().start_job(actor(), "verify_backup", name, {})
    flash(say(Text("已开始核验。", "The verification has begun.")), "success")
    return redirect(url_for(".backups"), 303)
