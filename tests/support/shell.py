"""The installed command, run as its users run it: a process of its own."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import re
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

QUHUA = Path(sys.executable).with_name("quhua")


class Desk:
    """Runs ``quhua`` on one store; ``as_`` is the acting user."""

    def __init__(self, store: str) -> None:
        self.environment = {**os.environ, "QUHUA_STORE": store, "QUHUA_LANG": "zh"}

    def run(
        self, *arguments: object, as_: str = "", status: int = 0, typed: str = ""
    ) -> str:
        """Return what a command printed; fail when its exit status differs."""
        words = [str(QUHUA), *map(str, arguments)]
        if as_:
            words += ["--as", as_]
        done = subprocess.run(
            words, env=self.environment, input=typed, capture_output=True, text=True
        )
        assert done.returncode == status, f"{words}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments: object, as_: str = "", status: int = 0) -> Any:
        """Return the one JSON document a command printed."""
        return json.loads(self.run(*arguments, "--json", as_=as_, status=status))

    @contextlib.contextmanager
    def served(self) -> Iterator[str]:
        """Serve on a free port for the block; return the address."""
        process = subprocess.Popen(
            [str(QUHUA), "serve", "--port", "0"],
            env={**self.environment, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield _address(process)
        finally:
            process.terminate()  # a background shell has SIGINT ignored
            try:
                process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


class NearDesk(Desk):
    """The same commands in this process, which starts none but a server."""

    def __init__(self, store: str, patch: pytest.MonkeyPatch) -> None:
        super().__init__(store)
        self._patch = patch
        for name in ("QUHUA_STORE", "QUHUA_LANG"):
            patch.setenv(name, self.environment[name])

    def run(
        self, *arguments: object, as_: str = "", status: int = 0, typed: str = ""
    ) -> str:
        """Return what a command printed; fail when its exit status differs."""
        words = [*map(str, arguments), *(("--as", as_) if as_ else ())]
        with self._patch.context() as patch:
            patch.setattr(sys, "stdin", io.StringIO(typed))
            done = commands.quhua(*words)
        gc.collect()  # what a process that ends would let go of
        assert done.status == status, f"{words}\n{done.out}\n{done.err}"
        return done.out


def _address(process: subprocess.Popen[str]) -> str:
    """Return the address a server tells; end one that tells none in a minute."""
    late = threading.Timer(60, process.kill)
    late.start()
    try:
        return _told(process)
    finally:
        late.cancel()


def _told(process: subprocess.Popen[str]) -> str:
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if found := re.search(r"http://127\.0\.0\.1:[1-9]\d*", line):
            return found.group()
    raise AssertionError(said)


class Visitor:
    """A browser without a screen: keeps its cookies, signs in by the form."""

    def __init__(self, address: str) -> None:
        assert address.startswith("http://127.0.0.1:")
        self.address = address
        jar = urllib.request.HTTPCookieProcessor()
        self._open = urllib.request.build_opener(jar).open

    def fetch(self, path: str, **form: str) -> bytes:
        """Return the body at a path, after sending a form when there is one."""
        data = urllib.parse.urlencode(form).encode() if form else None
        with self._open(self.address + path, data, timeout=30) as answer:
            return bytes(answer.read())

    def sign_in(self, name: str, password: str) -> None:
        """Fill the form in; fail when it comes back."""
        page = self.fetch("/sign-in").decode()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token is not None, page
        form = {"name": name, "password": password, "csrf_token": token.group(1)}
        assert 'name="password"' not in self.fetch("/sign-in", **form).decode()
