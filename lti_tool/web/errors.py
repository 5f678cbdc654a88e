"""
Errors of the web layer, and the one place that turns any error into a page or problem+json.

    WebError
    ├── SessionEnded   this tab's session is over, or belongs to another browser
    ├── StaleForm      the form was not made by this session
    ├── NotYours       the viewer may not do this (shown as missing when it is a thing)
    └── Refused        a rule said no; carries the sentence to show
"""

from flask_babel import LazyString


class WebError(Exception):
    """An error that a page explains."""

    status = 400


class SessionEnded(WebError):
    """The session of this address is over, or this is another browser."""

    status = 401


class StaleForm(WebError):
    """A form without a valid token of this session."""

    status = 403


class NotYours(WebError):
    """The viewer's role does not allow it."""

    status = 403


class Refused(WebError):
    """A rule of the product said no; ``sentence`` tells the person why and what to do."""

    status = 409

    def __init__(self, sentence: str | LazyString) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence
