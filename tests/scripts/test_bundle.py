"""One archive installs and serves where there is no network at all."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest

SERVE = """
set -e
ip link set lo up
cd "$1"
tar xf "$2"
cd quhua-*/
./install.sh "$1/app"
export QUHUA_STORE="$1/store.sqlite" XDG_CACHE_HOME="$1"
"$1/app/bin/quhua" init --admin admin
"$1/app/bin/quhua" serve --port 8172 > "$1/served.txt" 2>&1 &
server=$!
"$1/app/bin/python" - <<'PY'
import socket, time, urllib.request
try:
    socket.create_connection(("192.0.2.1", 80), 2)
except OSError as error:
    print("outside:", error)
for _ in range(120):
    try:
        page = urllib.request.urlopen("http://127.0.0.1:8172/sign-in", timeout=5)
        print("status", page.status)
        print(page.read().decode())
        break
    except OSError:
        time.sleep(0.5)
PY
kill -TERM $server
wait $server || true
"""
"""Run where no route leads anywhere: install, serve, look at the sign-in page."""


@pytest.fixture(scope="module")
def bundle(root: Path) -> Any:
    loader = SourceFileLoader("bundle", str(root / "scripts" / "bundle"))
    spec = spec_from_loader("bundle", loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules["bundle"] = module  # dataclasses look their module up
    loader.exec_module(module)
    return module


def _without_network(folder: Path, archive: Path, **environment: str) -> str:
    """Return what the installer and the page said in a namespace without routes."""
    names = ["unshare", "--user", "--map-root-user", "--net"]
    tried = subprocess.run([*names, "true"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"no network namespaces here: {tried.stderr.strip()}")
    done = subprocess.run(
        [*names, "bash", "-c", SERVE, "serve", str(folder), str(archive)],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environment},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _require_served(said: str) -> None:
    assert "outside: [Errno 101] Network is unreachable" in said
    assert "status 200" in said
    assert 'name="password"' in said
    assert "登录" in said


def test_markers_are_asked_of_the_machine_the_wheels_are_for(bundle: Any) -> None:
    there = {
        name: set(bundle.named(bundle.wanted(platform)))
        for name, platform in bundle.PLATFORMS.items()
    }
    assert "pysqlite3" in there["linux-x86_64"]
    of_fiona = {"attrs", "click-plugins", "cligj"}
    lacking = there["linux-x86_64"] - there["linux-aarch64"]
    assert lacking - of_fiona == {"fiona", "pysqlite3"}
    assert {"fiona", "pysqlite3"} <= set(bundle.FALLBACKS)
    for platform in bundle.PLATFORMS.values():
        names = [pin.split("==")[0] for pin in bundle.wanted(platform)]
        assert len(names) == len(set(names)), "one version of each"


@pytest.fixture(scope="module")
def small(bundle: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive with our own wheel alone; what it needs lies in this environment."""
    scratch = tmp_path_factory.mktemp("bundle")
    wheel = bundle.own_wheel(scratch / "own")
    stand_in = scratch / "pysqlite3-0-py3-none-any.whl"
    stand_in.write_bytes(b"")
    folder = scratch / "quhua-0-linux-x86_64"
    machine = bundle.PLATFORMS[f"linux-{os.uname().machine}"]
    bundle.lay_out(folder, [wheel, stand_in], machine)
    listed = folder / "requirements.txt"
    kept = [ln for ln in listed.read_text().splitlines() if ln.startswith("quhua")]
    listed.write_text("\n".join(kept).replace("[postgis]", "") + "\n")
    bundle.write_manifest(folder)
    return Path(bundle.pack(folder, scratch / "out"))


@pytest.mark.slow
def test_it_installs_and_serves_where_no_route_leads_out(
    small: Path, tmp_path: Path
) -> None:
    """At CI size: only our own wheel comes out of the archive."""
    others = tmp_path / "others"
    others.mkdir()
    for item in Path(sysconfig.get_path("platlib")).iterdir():
        if "quhua" not in item.name:
            (others / item.name).symlink_to(item)
    _require_served(_without_network(tmp_path, small, PYTHONPATH=str(others)))


def test_a_file_that_was_altered_on_the_way_is_not_installed(
    small: Path, tmp_path: Path
) -> None:
    with tarfile.open(small) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.glob("quhua-*")
    with (folder / "requirements.txt").open("a") as file:
        file.write("\n")
    done = subprocess.run(
        [folder / "install.sh", tmp_path / "app"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "MANIFEST.sha256" in done.stderr
    assert not (tmp_path / "app").exists()


def test_the_same_content_is_the_same_archive(
    bundle: Any, small: Path, tmp_path: Path
) -> None:
    with tarfile.open(small) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.glob("quhua-*")
    again = bundle.pack(folder, tmp_path / "out")
    assert again.read_bytes() == small.read_bytes()


@pytest.mark.full
def test_the_whole_bundle_installs_and_serves_without_a_network(
    root: Path, tmp_path: Path
) -> None:
    made = subprocess.run(
        [root / "scripts" / "bundle", "--out", tmp_path / "out"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    archive = Path(made.stdout.strip().splitlines()[-1])
    _require_served(_without_network(tmp_path, archive))


@pytest.mark.full
def test_every_package_has_a_wheel_for_both_machines_or_a_fallback(root: Path) -> None:
    done = subprocess.run(
        [root / "scripts" / "bundle", "--check"], stdout=subprocess.PIPE, text=True
    )
    assert done.returncode == 0, done.stdout
    assert "pysqlite3: no wheel; the interpreter's own SQLite" in done.stdout
