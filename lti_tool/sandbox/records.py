"""The nouns of the pretend LMS, as they come out of the store."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from lti_tool.sandbox.store import db


@dataclass(frozen=True, kw_only=True)
class Record:
    """
    A row with names and types; the columns listed in `packed` are JSON.
    """

    table: ClassVar[str]
    packed: ClassVar[tuple[str, ...]] = ()
    id: str

    @classmethod
    def load(cls, row: Any) -> Self:
        return cls(
            **{
                field.name: json.loads(row[field.name]) if field.name in cls.packed else row[field.name]
                for field in fields(cls)
            }
        )

    @classmethod
    def get(cls, row_id: str | None) -> Self | None:
        return cls.first("id = ?", row_id)

    @classmethod
    def known(cls, row_id: str) -> Self:
        """
        A row that must be there: we have just made it.
        """
        found = cls.get(row_id)
        if found is None:
            raise LookupError(f"{cls.table} {row_id}")
        return found

    @classmethod
    def first(cls, where: str, *values: Any) -> Self | None:
        row = db().execute(f"SELECT * FROM {cls.table} WHERE {where} LIMIT 1", values).fetchone()
        return None if row is None else cls.load(row)

    @classmethod
    def where(cls, where: str = "1", *values: Any) -> list[Self]:
        rows: Iterable[Any] = db().execute(f"SELECT * FROM {cls.table} WHERE {where}", values)
        return [cls.load(row) for row in rows]


@dataclass(frozen=True, kw_only=True)
class Person(Record):
    table = "person"
    number: int
    kind: str
    name: str
    given_name: str
    family_name: str
    email: str
    username: str
    about: str
    locale: str

    @property
    def initials(self) -> str:
        return self.given_name[:1] + self.family_name[:1]


@dataclass(frozen=True, kw_only=True)
class Course(Record):
    table = "course"
    packed = ("history",)
    number: int
    label: str
    title: str
    history: list[str]
    """Ids of the courses this one was copied from, nearest first."""


@dataclass(frozen=True, kw_only=True)
class Module(Record):
    table = "module"
    course_id: str
    title: str
    position: int


@dataclass(frozen=True, kw_only=True)
class Tool(Record):
    table = "tool"
    packed = ("redirect_uris", "scopes", "claims", "custom", "messages", "registration")
    number: int
    client_id: str
    deployment_id: str
    name: str
    description: str
    state: str
    login_url: str
    target_link_uri: str
    redirect_uris: list[str]
    jwks_url: str
    scopes: list[str]
    claims: list[str]
    custom: dict[str, str]
    messages: list[dict[str, Any]]
    registration: dict[str, Any]

    @property
    def is_active(self) -> bool:
        return self.state == "active"

    def message(self, kind: str) -> dict[str, Any] | None:
        """
        What the tool declared about a message type, if it did.
        """
        return next((each for each in self.messages if each.get("type") == kind), None)


@dataclass(frozen=True, kw_only=True)
class Activity(Record):
    """A resource link: a place in a course that opens a tool (or, as kind `link`, any page)."""

    table = "activity"
    packed = ("custom", "available", "submission", "item", "history")
    course_id: str
    module_id: str | None
    tool_id: str | None
    kind: str
    title: str
    text: str
    url: str
    custom: dict[str, str]
    target: str
    available: dict[str, str]
    submission: dict[str, str]
    item: dict[str, Any]
    history: list[str]
    position: int


@dataclass(frozen=True, kw_only=True)
class LineItem(Record):
    """A column of the gradebook (AGS 2.0, 3.2)."""

    table = "line_item"
    packed = ("body",)
    number: int
    course_id: str
    tool_id: str
    activity_id: str | None
    label: str
    score_maximum: float
    resource_id: str | None
    tag: str | None
    body: dict[str, Any]
    """Whatever else the tool said about it: dates, submissionReview, extensions."""


@dataclass(frozen=True, kw_only=True)
class Launch(Record):
    """What one click asked for; the message hint points here."""

    table = "launch"
    packed = ("details",)
    person_id: str
    tool_id: str
    course_id: str
    message: str
    url: str
    details: dict[str, Any]
    expires_at: float
    spent: int
