"""
What the operator's commands have in common.
"""

import click

from lti_tool import db
from lti_tool.config import Settings, SettingsError

ID = click.IntRange(0, 2**31 - 1)
"""A number that the database can hold."""
BIG_ID = click.IntRange(0, 2**63 - 1)
"""The same for what is counted in billions."""


def connect() -> Settings:
    """Read the settings and bind the database, or end with what is wrong."""
    try:
        settings = Settings.from_environment()
    except SettingsError as err:
        raise wrong(str(err)) from err
    db.bind(db.make_engine(db.database_url(settings), pool=2))
    return settings


def wrong(sentence: str) -> click.ClickException:
    """Ends a command with exit code 1 and *sentence*."""
    return click.ClickException(sentence)
