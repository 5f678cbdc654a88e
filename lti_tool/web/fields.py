"""
Fields that forms of every room are made of. Words come out clean, numbers and moments as such.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import RAISE, Schema, ValidationError, fields

LARGEST_ID = 2**31 - 1
LONGEST_NOTE = 2_000
YEARS = range(2000, 2200)


def flat(messages: Mapping[str, Any]) -> dict[str, list[str]]:
    """
    The messages of a ValidationError that belong to plain fields, each as a list.

    marshmallow wraps a message into a list only where it is a ``str``; ours are translated late.
    """
    return {
        name: said if isinstance(said, list) else [str(said)]
        for name, said in messages.items()
        if not isinstance(said, dict)
    }


class Text(fields.Field[str]):
    """Words of several lines: line feeds as the database likes them, and no character that it refuses."""

    default_error_messages = {"required": _("This is needed."), "null": _("This is needed.")}  # noqa: RUF012 - theirs

    def __init__(self, *, most: int, required: bool = False, **kwargs: Any) -> None:
        super().__init__(required=required, **kwargs)
        self.most = most
        if not required:
            self.load_default = ""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError([_("Please type some text.")])
        text = self.cleaned(value)
        if self.required and not text.strip():
            raise ValidationError([_("This is needed.")])
        if len(text) > self.most:
            raise ValidationError(
                [_("That is longer than %(most)s characters. Please shorten it.", most=f"{self.most:,}")]
            )
        return text

    def cleaned(self, value: str) -> str:
        return value.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


class Line(Text):
    """Words of one line."""

    def cleaned(self, value: str) -> str:
        return " ".join(super().cleaned(value).split())


class Number(fields.Field[float | None]):
    """A number as people type it, with a point or a comma; nothing typed is None."""

    default_error_messages = {"required": _("Please type a number.")}  # noqa: RUF012 - theirs

    def __init__(self, *, required: bool = False, **kwargs: Any) -> None:
        super().__init__(required=required, allow_none=not required, **kwargs)
        if not required:
            self.load_default = None

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> float | None:
        text = str(value).strip().replace(",", ".")
        if not text and not self.required:
            return None
        try:
            number = float(text)
        except ValueError as err:
            raise ValidationError([_("Please type a number.")]) from err
        if not math.isfinite(number):
            raise ValidationError([_("Please type a number.")])
        return number


class Moment(fields.Field[datetime | None]):
    """A date and time; without a zone it is UTC, as the form says where no script runs. Nothing typed is None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_none=True, load_default=None, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime | None:
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as err:
            raise ValidationError([_("Please give a day and a time, such as 2030-05-03 12:00.")]) from err
        if moment.year not in YEARS:
            raise ValidationError([_("Please look at the year again.")])
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


class Revision(fields.Integer):
    """The revision that a tab has last seen; what is no number of ours counts as none."""

    def __init__(self) -> None:
        super().__init__(load_default=0)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        text = str(value)
        is_known = text.isascii() and text.isdigit() and len(text) < 10
        return int(text) if is_known else 0


class FormSchema(Schema):
    """A form of ours: what it does not ask is refused."""

    class Meta(Schema.Meta):
        unknown = RAISE
