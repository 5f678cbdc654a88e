"""
The letterbox's own WSGI application, apart from the pages so that a flood of events never slows a class.

No source can be set up yet: every address answers that it is unknown, in problem+json (RFC 9457).
"""

from flask import Flask, Response, json
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from lti_tool import db
from lti_tool.config import Settings

LARGEST_EVENT = 1024 * 1024


def create_app(settings: Settings | None = None) -> Flask:
    """The application that ``webhooks.wsgi`` serves."""
    settings = settings or Settings.from_environment()
    db.bind(db.make_engine(db.database_url(settings), pool=settings.database_pool))
    app = Flask("webhooks", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_EVENT
    app.register_error_handler(HTTPException, _problem)
    app.teardown_appcontext(lambda _error: db.session.remove())

    @app.get("/healthz")
    def alive() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    def ready() -> tuple[dict[str, str], int]:
        try:
            db.session.execute(text("select 1"))
        except SQLAlchemyError:
            return {"status": "unavailable", "database": "no answer"}, 503
        return {"status": "ok", "database": "ok"}, 200

    return app


def _problem(error: HTTPException) -> Response:
    code = error.code or 500
    body = json.dumps({"type": "about:blank", "title": error.name, "status": code, "detail": error.description})
    return Response(body, status=code, content_type="application/problem+json")
