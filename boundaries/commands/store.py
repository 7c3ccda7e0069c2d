"""``init``, ``backup``, ``restore``, ``migrate``, ``settings``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from boundaries import outputs
from boundaries.commands.passwords import asked_password, password_options
from boundaries.console import Argument, Option, Result, Run, command
from geodata.errors import Text


@command(
    "init",
    Text("新建数据库和第一个管理员。", "Make a store and its first administrator."),
    Option(
        ["--admin"],
        Text("系统管理员的用户名", "user name of the system administrator"),
        default="admin",
        show_default=True,
    ),
    Option(["--display"], Text("姓名", "their name"), default=""),
    Option(
        ["--digest"],
        Text("审计链摘要算法", "digest of the audit chain"),
        type=click.Choice(["sha256", "sm3"]),
    ),
    Option(
        ["--notice"],
        Text(
            "每个页面都要显示的说明，例如“示例数据”",
            "words every page shows, such as: illustrative data",
        ),
        default="",
    ),
    *password_options(),
    writes=True,
)
def init(
    run: Run,
    *,
    admin: str,
    display: str,
    digest: str | None,
    notice: str,
    password: bool,
    password_stdin: bool,
) -> Result:
    """Make the store and the first account."""
    first = asked_password(run, ask=password, from_stdin=password_stdin)
    registry = run.registry(create=True, digest=digest)
    user = registry.init(admin, display=display, notice=notice, password=first)
    url = registry.store.url.rsplit("@", 1)[-1]
    words = Text(
        f"已建立 {url}，管理员 {admin}。下一步：quhua user add。",
        f"Made {url} with the administrator {admin}. Next: quhua user add.",
    )
    return Result({"store": url, "admin": user, "notice": notice}, [words])


@command(
    "backup",
    Text("备份（运行中即可），并核验。", "Back up while it runs, and verify the copy."),
    Option(
        ["--out"],
        Text("备份文件夹（须不存在）", "the backup's folder; it must not exist yet"),
        type=outputs.OutFolder(),
        required=True,
        metavar="FOLDER",
    ),
    writes=True,
)
def backup(run: Run, out: Path) -> Result:
    """Write a verified copy."""
    run.progress(Text("备份", "copying"))
    manifest = run.registry().backup(run.reader, out)
    return Result(
        {"out": str(out), **manifest},
        [Text(f"已备份到 {out}。", f"Backed up to {out}.")],
    )


@command(
    "restore",
    Text("从备份恢复到新的数据库。", "Make a new store from a backup."),
    Argument(
        ["backup"],
        Text("备份", "the backup"),
        type=click.Path(path_type=Path, exists=True),
    ),
    writes=True,
)
def restore(run: Run, backup: Path) -> Result:
    """Restore into a store that must not exist yet; it is journalled there."""
    from boundaries.labels import labelled
    from boundaries.registry.audit import restoring
    from boundaries.settings import default_store, load
    from geodata.store import restore as make

    url = run.store or load(run.settings).store or default_store()
    run.progress(Text("恢复并核验", "restoring and verifying"))
    accept = restoring(run.reader, backup)
    manifest = make(backup, url, accept=accept, labelling=labelled)
    return Result(
        {"backup": str(backup), **manifest},
        [Text("已恢复并核验。", "Restored and verified."), _KEY],
    )


@command(
    "migrate",
    Text("升级数据库结构。", "Bring the store's tables up to date."),
    Option(
        ["--dry-run"],
        Text("只显示将执行的 SQL", "only show the SQL"),
        is_flag=True,
    ),
    writes=True,
)
def migrate(run: Run, dry_run: bool) -> Result:  # noqa: FBT001 - click passes by name
    """Migrate, or show what would be done."""
    from boundaries.labels import labelled
    from boundaries.layers import LAYERS
    from boundaries.registry.audit import migrating
    from boundaries.settings import default_store, load
    from geodata.store import migrate as upgrade

    url = run.store or load(run.settings).store or default_store()
    done = upgrade(
        url,
        dry_run=dry_run,
        layers=LAYERS,
        accept=migrating(run.reader),
        labelling=labelled,
    )
    return Result(
        {"dry_run": dry_run, "done": done}, [done or Text("无需升级。", "Up to date.")]
    )


@command(
    "settings",
    Text("列出全部设置。", "List every setting."),
    reads_store=False,
)
def settings(run: Run) -> Result:
    """Show each setting with value, default, unit and help."""
    from boundaries.settings import load

    found = list(load(run.settings).describe())
    return Result({"settings": found}, [_line(item) for item in found])


def _line(item: dict[str, Any]) -> Text:
    unit = f" {item['unit']}" if item["unit"] else ""
    words, said = item["help"], f"{item['name']} = {item['value']}{unit}"
    return Text(
        f"{said}  （默认 {item['default']}）{words['zh']}",
        f"{said}  (default {item['default']}) {words['en']}",
    )


_KEY = Text(
    "备份不含服务器的密钥：请把原服务器数据库旁的 .key 文件一并放到新数据库旁，"
    "否则已启用动态验证码的人须由安全管理员重置"
    "（或在服务器上运行 quhua user codes）。",
    "A backup does not hold the server's key: put the .key file that lay beside the "
    "old store beside the new one, else the security administrator resets the codes of "
    "whoever uses them (or quhua user codes on the server).",
)
"""What to do with a restored store, said each time: a backup alone opens no codes."""

COMMANDS = (init, backup, restore, migrate, settings)
