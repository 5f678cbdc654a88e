"""
Ringing for a worker to look into the outbox, and taking away what has rung.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


def ring(session: Session, *, at: datetime | None = None) -> None:
    """Let a worker look into the outbox, now or *at* a moment."""
    session.execute(BELL, {"at": at})


def hush(session: Session) -> None:
    """Take away the bells that have rung. Whoever does looks at what is due afterwards, in another statement."""
    session.execute(HUSH)


BELL = text(
    """
    insert into procrastinate_jobs (queue_name, task_name, priority, args, status, scheduled_at)
    values ('outbox', 'outbox.send', 0, '{}', 'todo', :at)
    """
)
HUSH = text(
    """
    delete from procrastinate_jobs
     where id in (select id from procrastinate_jobs
                   where queue_name = 'outbox' and task_name = 'outbox.send' and status = 'todo'
                     and (scheduled_at is null or scheduled_at <= now())
                     for update skip locked)
    """
)
