"""What is filled in on the pages of a draft."""

from __future__ import annotations

from flask_babel import lazy_gettext
from wtforms import DateField, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from boundaries.registry.settling import LONGEST
from webmap.forms import Form


class NoteForm(Form):
    """A word that goes with a move."""

    note = TextAreaField(validators=[Length(max=LONGEST)])


class ReasonForm(Form):
    """A reason somebody must give."""

    note = TextAreaField(
        validators=[InputRequired(lazy_gettext("Say why.")), Length(max=LONGEST)]
    )


class ApproveForm(NoteForm):
    """An approval of what was looked at."""

    staging = IntegerField(validators=[InputRequired()])


class DiscardForm(NoteForm):
    """Giving up, confirmed by name."""

    name = StringField(
        validators=[InputRequired(lazy_gettext("Write the draft's number to confirm."))]
    )


class CommentForm(Form):
    """A comment, perhaps on one finding."""

    text = TextAreaField(
        validators=[
            InputRequired(lazy_gettext("Write something.")),
            Length(max=LONGEST),
        ]
    )
    finding = HiddenField()


class WaiveForm(Form):
    """Letting a finding stand."""

    finding = HiddenField(validators=[InputRequired()])
    reason = TextAreaField(
        validators=[
            InputRequired(lazy_gettext("Say why the finding may stand.")),
            Length(max=LONGEST),
        ]
    )
    expires = DateField(validators=[Optional()])
