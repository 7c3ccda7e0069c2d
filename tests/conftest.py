"""Fixtures every folder of tests may use."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import alone
from tests.support.lacking import lacking

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent


def _data_directory() -> Path | None:
    named = os.environ.get("QUHUA_DATA")
    path = Path(named) if named else ROOT.parent / "shared" / "data"
    return path if (path / "MANIFEST.md").is_file() else None


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data, or a skip that says how to get it."""
    path = _data_directory()
    if path is None:
        lacking("real data absent: set QUHUA_DATA to the folder with MANIFEST.md")
    return path


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the full sizes")


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    if config.getoption("--full"):
        return
    full = pytest.mark.skip(reason="full size: run scripts/test --full")
    for item in items:
        if "full" in item.keywords or "benchmark" in item.keywords:
            item.add_marker(full)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Keep the other processes' tests away while one that measures runs."""
    apart = any(item.get_closest_marker(name) for name in ("alone", "benchmark"))
    with alone.turn(apart=apart):
        return (yield)


@pytest.fixture
def full_size(request: pytest.FixtureRequest) -> bool:
    """Whether the full sizes are asked for (CI sizes otherwise)."""
    return bool(request.config.getoption("--full"))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell of a failure at once in CI: the run may be cut off before its summary."""
    if (
        (report.failed or report.outcome == "rerun")
        and os.environ.get("CI")
        and "PYTEST_XDIST_WORKER" not in os.environ
    ):
        sys.stdout.write(f"\n{report.nodeid} {report.when}\n{report.longreprtext}\n")
        sys.stdout.flush()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped, and why, whatever the verbosity."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        _, _, reason = report.longrepr
        reasons[reason] = reasons.get(reason, 0) + 1
    terminalreporter.write_line(f"skipped in all: {sum(reasons.values())}")
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"  {count} × {reason.removeprefix('Skipped: ')}")
