"""
The letterbox's own WSGI application, apart from the pages so that a flood of events never slows a class.
"""

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from lti_tool import db, logs
from lti_tool.config import Settings
from webhooks import views

LARGEST_EVENT = views.LARGEST


def create_app(settings: Settings | None = None) -> Flask:
    """The application that ``webhooks.wsgi`` serves. Brands must be registered at the gate before it is asked."""
    settings = settings or Settings.from_environment()
    db.bind(db.make_engine(db.database_url(settings), pool=settings.database_pool))
    app = Flask("webhooks", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_EVENT
    app.extensions["hearth.settings"] = settings
    logs.install(app, settings)
    app.register_blueprint(views.bp)
    app.register_error_handler(HTTPException, views.problem)
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
