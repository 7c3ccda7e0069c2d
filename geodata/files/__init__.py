"""What people hand in and take out.

``read(path)`` gives a frame in our storage CRS and a ``Reading`` that says how
the file was understood; ``write(frame, path)`` makes the files people ask for.
The law here: content decides, never the file's name; untrusted bytes are parsed
only in the guarded worker; every record is kept or refused by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geodata.files.reader import read
    from geodata.files.writing import write

__all__ = ["read", "write"]


def __getattr__(name: str) -> Any:
    """Import on first use: the guarded worker needs only parts of this package."""
    if name == "read":
        from geodata.files.reader import read

        return read
    if name == "write":
        from geodata.files.writing import write

        return write
    raise AttributeError(name)
