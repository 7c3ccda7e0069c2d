"""A production server on loopback; further only when asked for aloud."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
from functools import cache
from typing import TYPE_CHECKING, Any

from boundaries.settings import LARGEST_PART_MB
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)

THREADS = 8
MOST_BODY = LARGEST_PART_MB << 20
"""Bytes of one request that are taken off the wire before Flask's own, closer bounds
(:data:`webmap.app.MOST_SENT`, a part of an upload) are asked; waitress would buffer a
gigabyte, of anybody."""
WAITRESS: dict[str, Any] = {
    "max_request_body_size": MOST_BODY,
    "threads": THREADS,
    "ident": None,
    "channel_timeout": 60,
    "clear_untrusted_proxy_headers": True,
    "connection_limit": 1000,
    "backlog": 2048,
    "asyncore_use_poll": os.name != "nt",  # select ends at 1024 handles
}
"""How the server is run, here and in the load tests: waitress turns away the 101st
connection unless told otherwise."""
HOST, PORT = "127.0.0.1", 8000


def require_local(host: str, *, allow_remote: bool) -> None:
    """Refuse an address others can reach, unless that was asked for.

    People sign in, but nothing here encrypts what goes over the wire: TLS is the
    proxy's in front, and opening the port to others is a decision of its own.

    Raises
    ------
    InputError
        For an address that is not this machine's own, without ``allow_remote``.
    """
    if allow_remote or is_loopback(host):
        return
    raise InputError(
        Text(
            f"{host} 可从其他机器访问，而本服务不加密传输。",
            f"{host} can be reached from other machines, and this server does not "
            "encrypt what it sends.",
        ),
        Text(
            "确需如此，请加 --allow-remote，并在前面设置 TLS 反向代理。",
            "If you mean it, add --allow-remote and put a TLS proxy in front.",
        ),
    )


def is_loopback(host: str) -> bool:
    """Return whether a name or number means only this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def require_free(host: str, port: int) -> None:
    """Refuse a port that something else listens on, before anything is promised.

    Raises
    ------
    InputError
        Naming the address and what to do.
    """
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            if os.name != "nt":  # there it would let two servers share the port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host.strip("[]"), port))
    except OSError as error:
        raise InputError(
            Text(
                f"无法在 {host}:{port} 监听：{error.strerror or error}。",
                f"Cannot listen on {host}:{port}: {error.strerror or error}.",
            ),
            Text(
                "请停止占用该端口的程序，或用 --port 换一个。",
                "Stop what uses the port, or choose another with --port.",
            ),
        ) from error


def open_for(app: Flask, *, host: str = HOST, port: int = PORT) -> tuple[Any, int]:
    """Return a server of the application, and the port it got (0 asks for any).

    From here on who asks is kept waiting, not refused; ``run`` answers.
    """
    app.extensions["published"].edition()  # begin to prepare before the first visit
    # a line a waiting request would cost more than the request
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = listen(app, host=host, port=port, **_proxy(app))
    (_, got), *_ = getattr(server, "effective_listen", None) or [
        (server.effective_host, server.effective_port)
    ]
    log.info("serving on %s:%d", host, int(got))
    return server, int(got)


def listen(app: Any, *, host: str, port: int, **more: Any) -> Any:
    """Return a server that listens; its ``run`` answers until interrupted."""
    from waitress.server import BaseWSGIServer, create_server

    listening: dict[int, Any] = {}
    options = {**WAITRESS, **more, "host": host, "port": port}
    server = create_server(app, map=listening, **options)
    for each in listening.values():
        if isinstance(each, BaseWSGIServer):
            each.channel_class = _channel()
    return server


@cache
def _channel() -> Any:
    """Return waitress's connection, made to outlive an answer without a body.

    Waitress closes after whatever has no ``Content-Length``, and a 304 may have
    none: a browser that asks whether its tiles are still right would open a
    connection for each of them.
    """
    from waitress.channel import HTTPChannel
    from waitress.task import WSGITask

    class Task(WSGITask):  # type: ignore[misc]
        def set_close_on_finish(self) -> None:
            asked = self.request.headers.get("CONNECTION", "").lower()
            if self.has_body or self.version != "1.1" or asked == "close":
                super().set_close_on_finish()

    class Channel(HTTPChannel):  # type: ignore[misc]
        task_class = Task

    return Channel


def _proxy(app: Flask) -> dict[str, Any]:
    """Return whose word on client address and protocol is taken, if anybody's."""
    proxy = app.extensions["registry"].settings.access.trusted_proxy
    if not proxy:
        return {}
    headers = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
    return {
        "trusted_proxy": proxy,
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": headers,
    }
