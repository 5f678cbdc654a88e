"""Alembic's environment: always online, on the connection that ``migrations._run`` brings."""

from alembic import context

from lti_tool import models  # noqa: F401 - every model must be known to compare against
from lti_tool.db import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True, compare_server_default=False)
with context.begin_transaction():
    context.run_migrations()
