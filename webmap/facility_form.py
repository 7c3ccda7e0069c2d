"""The form of a facility (domain F1)."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext
from wtforms import (
    FloatField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional
from wtforms.widgets import CheckboxInput

from boundaries.services import words
from boundaries.vocabulary import Level, Word
from webmap.languages import say
from webmap.register_forms import DATE, LONG, NEEDED, Label, PlaceForm, choices

LAYER = "facilities"


def _text(name: str, *checks: Any, **more: Any) -> StringField:
    return StringField(Label(name, LAYER), [*(checks or (Optional(),)), LONG], **more)


def _long(name: str) -> TextAreaField:
    rows = {"rows": 2}
    return TextAreaField(Label(name, LAYER), [Optional(), LONG], render_kw=rows)


def _date(name: str) -> StringField:
    example = {"placeholder": "2026-06-08"}
    return StringField(Label(name, LAYER), [Optional(), DATE], render_kw=example)


def _word(name: str, kind: type[Word], *checks: Any) -> SelectField:
    kept = [*(checks or (Optional(),))]
    return SelectField(Label(name, LAYER), kept, choices=choices(kind))


def _count(name: str, most: int = 1_000_000) -> IntegerField:
    range_ = NumberRange(0, most)
    return IntegerField(
        Label(name, LAYER), [Optional(), range_], render_kw={"inputmode": "numeric"}
    )


def _size(name: str) -> FloatField:
    range_ = NumberRange(0, 10_000_000)
    return FloatField(
        Label(name, LAYER),
        [Optional(), range_],
        render_kw={"inputmode": "decimal", "step": "any"},
    )


def _flag(name: str) -> SelectField:
    """Return a choice of yes, no and not known."""
    return SelectField(
        Label(name, LAYER),
        [Optional()],
        choices=lambda: [
            SelectChoice("", str(lazy_gettext("not known"))),
            SelectChoice("true", str(lazy_gettext("yes"))),
            SelectChoice("false", str(lazy_gettext("no"))),
        ],
    )


def _levels() -> list[SelectChoice]:
    own = [SelectChoice("", str(lazy_gettext("by the type")))]
    return own + [SelectChoice(str(int(level)), say(level.label)) for level in Level]


class FacilityForm(PlaceForm):
    """A facility: what it is, where, how large, how it runs."""

    LAYER = LAYER
    facility = _text(
        "facility", description=lazy_gettext("Empty: made from the division.")
    )
    name = _text("name", NEEDED, render_kw={"autocomplete": "off"})
    type = _word("type", words.FacilityType, NEEDED)
    status = _word("status", words.Status, NEEDED)
    domain = _word("domain", words.Domain)
    level = SelectField(Label("level", LAYER), [Optional()], choices=_levels)
    address = _text("address")
    division = _text(
        "division", description=lazy_gettext("A code; empty: by the position.")
    )
    coord_source = _word("coord_source", words.CoordSource)
    contact = _text("contact")
    phone = _text("phone", render_kw={"inputmode": "tel"})
    website = _text("website", render_kw={"inputmode": "url"})
    public = _flag("public")
    beds_total = _count("beds_total")
    beds_nursing = _count("beds_nursing")
    beds_occupied = _count("beds_occupied")
    day_places = _count("day_places")
    home_beds = _count("home_beds")
    hospital_beds = _count("hospital_beds")
    meal_capacity = _count("meal_capacity")
    beds = _count("beds")
    functions = SelectMultipleField(
        Label("functions", LAYER),
        [Optional()],
        choices=lambda: [
            SelectChoice(each.value, say(each.label)) for each in words.Function
        ],
        option_widget=CheckboxInput(),
    )
    comprehensive = _flag("comprehensive")
    registered = _flag("registered")
    medical_mode = _word("medical_mode", words.MedicalMode)
    rating = _count("rating", 5)
    credit = _text("credit")
    price_low = _size("price_low")
    price_high = _size("price_high")
    area_m2 = _size("area_m2")
    land_m2 = _size("land_m2")
    ownership = _word("ownership", words.Ownership)
    nature = _word("nature", words.Nature)
    acquisition = _word("acquisition", words.Acquisition)
    radius_m = _size("radius_m")
    staff = _count("staff")
    caregivers = _count("caregivers")
    social_workers = _count("social_workers")
    phase = _text("phase")
    planned_for = _date("planned_for")
    opened_on = _date("opened_on")
    closed_on = _date("closed_on")
    moved_to = _text("moved_to")
    moved_from = _text("moved_from")
    document = _text("document")
    source = _text("source")
    updated_on = _date("updated_on")
    remark = _long("remark")
    GROUPS = (
        (
            lazy_gettext("The facility"),
            ("facility", "name", "type", "status", "level", "domain"),
        ),
        (
            lazy_gettext("Where it is"),
            ("lon", "lat", "coord_source", "division", "address"),
        ),
        (lazy_gettext("Contact"), ("contact", "phone", "website", "public")),
        (
            lazy_gettext("Beds and places"),
            (
                *("beds_total", "beds_nursing", "beds_occupied", "day_places"),
                *("home_beds", "hospital_beds", "meal_capacity", "beds"),
            ),
        ),
        (
            lazy_gettext("What it offers"),
            (
                *("functions", "comprehensive", "registered", "medical_mode"),
                *("rating", "credit", "price_low", "price_high"),
            ),
        ),
        (
            lazy_gettext("Premises and staff"),
            (
                *("area_m2", "land_m2", "ownership", "nature", "acquisition"),
                *("radius_m", "staff", "caregivers", "social_workers"),
            ),
        ),
        (
            lazy_gettext("Its life"),
            (
                *("opened_on", "closed_on", "phase", "planned_for"),
                *("moved_to", "moved_from"),
            ),
        ),
        (
            lazy_gettext("Papers"),
            ("document", "source", "updated_on", "remark"),
        ),
    )

    @classmethod
    def shown(cls, record: Any) -> dict[str, Any]:
        """Return a record as the form's fields show it."""
        found = super().shown(record)
        for name in ("public", "comprehensive", "registered"):
            value = found.get(name)
            found[name] = "" if value is None else str(bool(value)).lower()
        found["level"] = str(found.get("level") or "")
        found["functions"] = found.get("functions") or []
        return found
