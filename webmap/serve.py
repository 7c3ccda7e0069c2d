"""A production server on loopback; further only when asked for aloud."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
from typing import TYPE_CHECKING

from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)

THREADS = 8
HOST, PORT = "127.0.0.1", 8000


def require_local(host: str, *, allow_remote: bool) -> None:
    """Refuse an address others can reach, unless that was asked for.

    The page has no sign-in yet and shows data for internal use.

    Raises
    ------
    InputError
        For an address that is not this machine's own, without ``allow_remote``.
    """
    if allow_remote or is_loopback(host):
        return
    raise InputError(
        Text(
            f"{host} 可从其他机器访问，而页面尚无登录功能，内容仅限内部使用。",
            f"{host} can be reached from other machines, and the page has no "
            "sign-in yet; what it shows is for internal use.",
        ),
        Text(
            "确需如此，请加 --allow-remote，并在前面设置访问控制。",
            "If you mean it, add --allow-remote and put access control in front.",
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


def serve(app: Flask, *, host: str = HOST, port: int = PORT) -> None:
    """Answer requests until interrupted."""
    import waitress

    app.extensions["published"].edition()  # begin to prepare before the first visit
    log.info("serving on %s:%d", host, port)
    waitress.serve(
        app, host=host, port=port, threads=THREADS, ident=None,
        channel_timeout=60, clear_untrusted_proxy_headers=True,
    )  # fmt: skip
