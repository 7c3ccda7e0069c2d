"""The root command ``quhua``: the commands of :mod:`boundaries.cli`, and ``serve``."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import click

from boundaries import cli, console, outputs
from boundaries.commands import conflicts
from boundaries.jobs.supervision import Supervisor
from geodata.errors import Text
from webmap.serve import HOST, PORT, require_free, require_local


@console.command(
    "serve",
    Text(
        "在浏览器中查看已发布的区划。\n\n默认只在本机可访问；按 Ctrl+C 停止。",
        "Show the published divisions in the browser.\n\nOn this machine only "
        "unless asked otherwise; Ctrl+C ends it.",
    ),
    console.Option(
        ["--host"],
        Text("监听地址", "address to listen on"),
        default=HOST,
        show_default=True,
    ),
    console.Option(
        ["--port"],
        Text("端口", "port"),
        type=click.IntRange(0, 65535),
        default=PORT,
        show_default=True,
    ),
    console.Option(
        ["--allow-remote"],
        Text(
            "允许监听其他机器可达的地址（请在前面设置 TLS 反向代理）",
            "listen where other machines reach it (put a TLS proxy in front)",
        ),
        is_flag=True,
    ),
    console.Option(
        ["--name"],
        Text(
            "用户访问时使用的主机名，可重复（localhost 与数字地址总是允许）",
            "host name people reach it by; may be repeated (localhost and numbers "
            "always may)",
        ),
        multiple=True,
        metavar="NAME",
    ),
    console.Option(
        ["--no-worker"],
        Text(
            "不启动处理进程（另用 quhua worker 运行）",
            "start no worker (run one elsewhere: quhua worker)",
        ),
        is_flag=True,
    ),
    console.Option(
        ["--cache"],
        Text(
            "瓦片缓存目录（默认在数据库旁）",
            "folder of tiles (default: beside the store)",
        ),
        type=click.Path(path_type=Path, file_okay=False),
    ),
)
def serve(
    run: console.Run,
    *,
    host: str,
    port: int,
    allow_remote: bool,
    name: tuple[str, ...],
    no_worker: bool,
    cache: Path | None,
) -> console.Result:
    """Open the store, make the application and answer until interrupted."""
    require_local(host, allow_remote=allow_remote)
    require_free(host, port)
    from webmap.app import create_app
    from webmap.serve import open_for

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    registry = run.registry(local=False)
    app = create_app(registry, cache=cache, names=(host, *name))
    worker = (
        None if no_worker else Supervisor(registry.store.url, run.settings, tiles=cache)
    )
    server, port = open_for(app, host=host, port=port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    run.say(
        Text(
            f"正在 {address} 提供服务，按 Ctrl+C 停止。",
            f"Serving {address}; Ctrl+C ends.",
        )
    )
    if allow_remote:
        run.say(
            Text(
                "注意：传输未加密，请只经 TLS 反向代理对外提供。",
                "Mind: nothing is encrypted here; let others reach it through a TLS "
                "proxy only.",
            )
        )
    if worker is not None:
        worker.start()
    try:
        server.run()
    finally:
        if worker is not None:
            worker.stop()
    return console.Result({"served": address})


@console.command(
    "check",
    conflicts.CHECK,
    *conflicts.what_to_check(),
    console.Option(
        ["--map", "page"],
        Text(
            "另写一个可离线打开的地图网页",
            "write a page with a map too, to be opened offline",
        ),
        type=outputs.OutFile(),
        metavar="OUT.html",
    ),
    reads_store=False,
)
def check(run: console.Run, *, page: Path | None, **what: Any) -> console.Result:
    """Read a file, list its conflicts and draw them."""
    read, found = conflicts.examined(run, **what)
    if page is None:
        return conflicts.told(found)
    from geodata.topology.picture import picture
    from webmap.check_page import check_page

    run.progress(Text("绘制地图", "drawing the map"))
    document = picture(read.frame, found, name=read.name)
    file: Path = what["file"]
    outputs.write(
        page, check_page(document, file=file.name, language=console.language())
    )
    return conflicts.told(found, Text(f"已写出 {page}。", f"Wrote {page}."))


root = cli.build([serve, check])


def main() -> int:
    """Run the command line and return its exit status."""
    return console.main(root)
