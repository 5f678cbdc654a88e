"""
What a page says about the step before it: ``flash()`` that stays in its own tab.

Flask keeps flashed sentences in its session's cookie. Ours goes to the addresses of one handle
only, so two tabs never hear each other's news; where no cookie survives, the sentence is lost
and nothing else.
"""

from flask import Flask, Response, g
from flask.sessions import SecureCookieSessionInterface, SessionMixin

COOKIE = "__Secure-hearth-said"


class SaidInOneTab(SecureCookieSessionInterface):
    """A session's cookie under ``/s/<handle>/``, for sentences and nothing else."""

    salt = "hearth-said"

    def get_cookie_name(self, app: Flask) -> str:
        return COOKIE

    def get_cookie_path(self, app: Flask) -> str:
        return f"/s/{g.handle}/"

    def get_cookie_secure(self, app: Flask) -> bool:
        return True

    def get_cookie_samesite(self, app: Flask) -> str:
        return "None"

    def get_cookie_partitioned(self, app: Flask) -> bool:
        return True

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep what was said for the next page of the same tab; outside of any tab there is none."""
        if g.get("handle"):
            super().save_session(app, session, response)
