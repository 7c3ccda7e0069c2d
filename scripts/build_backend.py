"""setuptools, with the browser assets fetched before a wheel is packed.

A wheel must carry Leaflet and its plugins, because the machines it is for have no
network; they are not in the repository, so building is when they come in.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]


def build_wheel(
    wheel_directory: str,
    config_settings: dict[str, object] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Fetch the assets, then let setuptools build the wheel (PEP 517)."""
    assets = Path(__file__).with_name("assets")
    subprocess.run([sys.executable, str(assets)], check=True)
    return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
