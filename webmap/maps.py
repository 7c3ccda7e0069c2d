"""The one module that builds Folium objects, and only from constants.

Folium and branca compile rendered text as a template a second time, so a place
name that reaches them can run on the server (trust.md F1; HTML escaping does not
help). Therefore nothing here takes an argument that could carry data: the shell is
the same bytes for every store, and divisions reach the page as tiles and JSON
that :file:`static/js` puts there with ``textContent``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import folium
from branca.element import MacroElement
from folium.template import Template

NAME = "divisions"
LEAFLET = "vendor/leaflet"


class Shell(NamedTuple):
    """A Folium page in its parts; the page's template puts a nonce on each."""

    styles: tuple[str, ...]
    """Addresses of style sheets, relative to the static folder."""
    scripts: tuple[str, ...]
    """Addresses of scripts, relative to the static folder."""
    body: str
    code: str


class Attach(MacroElement):
    """Hands the map to our own script, which draws tiles into it."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        quhua.attach({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "attach"
        self._id = NAME


class ShellMap(folium.Map):
    """A Folium map that loads our copy of Leaflet and nothing else."""

    default_js = [("leaflet", f"{LEAFLET}/leaflet.js")]  # noqa: RUF012 - as folium has it
    default_css = [("leaflet", f"{LEAFLET}/leaflet.css")]  # noqa: RUF012


@lru_cache(maxsize=1)
def shell() -> Shell:
    """Return the Folium map of divisions, without divisions."""
    page = ShellMap(
        location=(35.0, 105.0),
        zoom_start=4,
        tiles=None,
        zoom_control=False,
        attribution_control=False,
        zoom_snap=0.25,
        keyboard=True,
        prefer_canvas=True,
    )
    page._id = NAME
    Attach().add_to(page)
    root: Any = page.get_root()
    root._id = NAME
    root.render()
    return Shell(
        styles=tuple(address for _, address in ShellMap.default_css),
        scripts=tuple(address for _, address in ShellMap.default_js),
        body=root.html.render(),
        code=root.script.render(),
    )
