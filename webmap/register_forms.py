"""Forms of the registers: one record, and the draft its change goes into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext
from wtforms import (
    BooleanField,
    FloatField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp
from wtforms.widgets import CheckboxInput

from boundaries.gazetteer.words import NameClass, NameStatus
from boundaries.lines.words import (
    Action,
    Faces,
    InspectionKind,
    MarkerState,
    Material,
)
from boundaries.lines.words import (
    Form as MarkerForm,
)
from boundaries.words import words_of
from webmap.forms import Form
from webmap.languages import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boundaries.vocabulary import Word

DATE = Regexp(
    r"^(\d{4}(-\d{2}(-\d{2})?)?)?$",
    message=lazy_gettext("Write the date as 2026, 2026-06 or 2026-06-08."),
)
NEEDED = InputRequired(lazy_gettext("Fill this in."))
LONG = Length(max=2000)


class Label:
    """A field's label in the language of the request."""

    def __init__(self, name: str, layer: str = "") -> None:
        self.name, self.layer = name, layer

    def __str__(self) -> str:
        return say(words_of(self.layer)[self.name])


def choices(kind: type[Word]) -> Any:
    """Return what gives the choices of a field: none, then each word of a list."""
    return lambda: [
        SelectChoice("", ""),
        *(SelectChoice(word.value, say(word.label)) for word in kind),
    ]


SHOWN_DIGITS = {"lon": 9, "lat": 9, "accuracy_m": 3, "height_m": 4}
"""Decimals that matter: a tenth of a millimetre, as far as numbers go."""


def _text(name: str, *checks: Any, **more: Any) -> StringField:
    return StringField(Label(name), [*(checks or (Optional(),)), LONG], **more)


def _long(name: str) -> TextAreaField:
    return TextAreaField(Label(name), [Optional(), LONG], render_kw={"rows": 2})


def _word(name: str, kind: type[Word], *checks: Any) -> SelectField:
    return SelectField(Label(name), [*(checks or (Optional(),))], choices=choices(kind))


def _date(name: str, *checks: Any) -> StringField:
    kept = [*(checks or (Optional(),)), DATE]
    return StringField(Label(name), kept, render_kw={"placeholder": "2026-06-08"})


class StagedForm(Form):
    """What every change says: from when it holds, and on what basis."""

    effective = StringField(
        lazy_gettext("In force from"),
        [NEEDED, DATE],
        render_kw={"placeholder": "2026-06-08"},
    )
    basis = StringField(lazy_gettext("Basis"), [Optional(), LONG])

    LAYER = ""


class RecordForm(StagedForm):
    """A change of one record, and the draft it goes into."""

    draft = SelectField(
        lazy_gettext("Goes into the draft"),
        [Optional()],
        description=lazy_gettext("Several changes can be reviewed together."),
    )

    GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = ()
    LISTS: frozenset[str] = frozenset()

    def offer(self, drafts: list[dict[str, Any]]) -> None:
        """Offer a new draft and the open ones."""
        new = str(lazy_gettext("a new draft"))
        self.draft.choices = [
            SelectChoice("", new),
            *(SelectChoice(d["id"], f"{d['id']} {d['title']}") for d in drafts),
        ]

    def record(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return the record as the registry takes it.

        A number of ``found`` that was shown shorter and left as it was stays whole.
        """
        own = {"draft", "effective", "basis", "csrf_token"}
        sent = {
            name: _sent(field.data)
            for name, field in self._fields.items()
            if name not in own
        }
        for name in SHOWN_DIGITS:
            if name in sent and sent[name] == _short(name, found.get(name)):
                sent[name] = found.get(name)
        return sent

    @classmethod
    def shown(cls, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return a record as the form's fields show it."""
        return {
            name: "、".join(map(str, value))
            if isinstance(value, list) and name in cls.LISTS
            else _short(name, value)
            for name, value in record.items()
        }


def _short(name: str, value: Any) -> Any:
    """Return a number with the digits that matter."""
    digits = SHOWN_DIGITS.get(name)
    return value if digits is None or value is None else round(float(value), digits)


class PlaceForm(RecordForm):
    """A record that has a place on the map."""

    lon = FloatField(
        lazy_gettext("Longitude, or Y in metres"),
        [Optional()],
        render_kw={"inputmode": "decimal", "step": "any"},
    )
    lat = FloatField(
        lazy_gettext("Latitude, or X in metres"),
        [Optional()],
        description=lazy_gettext(
            "In metres: of the CGCS2000 zone whose number stands before Y, else the "
            "local one of 3 degrees."
        ),
        render_kw={"inputmode": "decimal", "step": "any"},
    )


class MarkerRecordForm(PlaceForm):
    """A marker."""

    LAYER = "markers"
    LISTS = frozenset({"lines", "units"})
    marker = _text("marker", NEEDED)
    name = _text("name")
    form = _word("form", MarkerForm, NEEDED)
    faces = _word("faces", Faces)
    material = _word("material", Material)
    state = _word("state", MarkerState)
    units = _text(
        "units", description=lazy_gettext("Codes parted by 、; empty: by the number.")
    )
    lines = _text("lines")
    accuracy_m = FloatField(Label("accuracy_m"), [Optional(), NumberRange(0, 1000)])
    height_m = FloatField(Label("height_m"), [Optional(), NumberRange(-200, 9000)])
    height_type = _text("height_type")
    location = _long("location")
    set_on = _date("set_on")
    custodian = _text("custodian")
    remark = _long("remark")
    GROUPS = (
        (lazy_gettext("The marker"), ("marker", "name", "form", "faces", "material")),
        (lazy_gettext("Where it stands"), ("lon", "lat", "units", "lines", "location")),
        (lazy_gettext("Survey"), ("accuracy_m", "height_m", "height_type")),
        (lazy_gettext("Upkeep"), ("state", "set_on", "custodian", "remark")),
    )


class InspectionForm(RecordForm):
    """What was found at a marker."""

    LAYER = "inspections"
    LISTS = frozenset({"parties"})
    subject = _text("subject", NEEDED)
    date = _date("date", NEEDED)
    kind = _word("kind", InspectionKind, NEEDED)
    result = _word("result", MarkerState, NEEDED)
    damage = _long("damage")
    action = _word("action", Action)
    parties = SelectMultipleField(
        Label("parties"), [Optional()], choices=[], option_widget=CheckboxInput()
    )
    inspectors = _text("inspectors")
    document = _text("document")
    remark = _long("remark")
    GROUPS = (
        (lazy_gettext("The inspection"), ("subject", "date", "kind", "parties")),
        (
            lazy_gettext("What was found"),
            ("result", "damage", "action", "inspectors", "document", "remark"),
        ),
    )


class NameForm(PlaceForm):
    """A place name."""

    LAYER = "place_names"
    LISTS = frozenset({"former_names", "aliases"})
    name = _text("name", NEEDED, render_kw={"autocomplete": "off"})
    category = _word("category", NameClass, NEEDED)
    romanised = _text("romanised")
    romanised_confirmed = BooleanField(Label("romanised_confirmed"))
    division = _text(
        "division", description=lazy_gettext("A code; empty: by the position.")
    )
    subcategory = _text("subcategory")
    status = _word("status", NameStatus)
    former_names = _text("former_names", description=lazy_gettext("Parted by 、"))
    aliases = _text("aliases", description=lazy_gettext("Parted by 、"))
    script = _text("script")
    location = _long("location")
    origin = _long("origin")
    meaning = _long("meaning")
    history = _long("history")
    document = _text("document")
    authority = _text("authority")
    approved_on = _date("approved_on")
    public = BooleanField(Label("public"))
    remark = _long("remark")
    GROUPS = (
        (
            lazy_gettext("The name"),
            ("name", "category", "romanised", "romanised_confirmed", "status"),
        ),
        (lazy_gettext("Where it is"), ("lon", "lat", "division", "location")),
        (
            lazy_gettext("Other names"),
            ("former_names", "aliases", "script"),
        ),
        (lazy_gettext("Its story"), ("origin", "meaning", "history")),
        (
            lazy_gettext("Approval"),
            ("subcategory", "document", "authority", "approved_on", "public", "remark"),
        ),
    )


def _sent(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value
