"""
What goes wrong with incoming events, done for real: processes killed, the database gone, clocks wrong, keys changed.

After each of them: nothing lost, nothing doubled. docs/webhooks.md has the table.
"""

import os
import random
import signal
import threading
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from tests.functional.faults.conftest import Plant
from webhooks import signatures, sources
from webhooks.models import Source

LOCK_COURSE = b"select from course for update"
LOCK_INBOX = b"lock table webhook_event in share row exclusive mode"


def test_a_worker_killed_in_the_middle_of_reading_loses_and_doubles_nothing(plant: Plant) -> None:
    plant.keep(range(1200))
    with plant.connection(autocommit=False) as lock:
        lock.execute(LOCK_COURSE)
        worker = plant.worker()
        plant.until(lambda: plant.waiting_for_locks("%update course%"))
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        lock.rollback()
    assert plant.counts() == (1200, 0, 0)

    # Nobody rings again: whoever comes next finds what was left.
    plant.worker()
    plant.until(lambda: plant.counts()[1] == 1200)
    assert plant.counts() == (1200, 1200, 0)
    assert plant.title() == "Title 1199"


def test_two_workers_that_read_at_once_read_each_event_once(plant: Plant) -> None:
    plant.keep(range(3000))
    with plant.connection() as connection:
        # As many waiting jobs as it takes for both to be at it.
        connection.execute(
            "insert into procrastinate_jobs (queue_name, task_name, priority, args, status)"
            " select 'webhooks', 'webhooks.drain', 0, '{}', 'todo' from generate_series(1, 2)"
        )
    with plant.connection(autocommit=False) as lock:
        lock.execute(LOCK_COURSE)
        for _ in range(2):
            plant.worker()
        plant.until(lambda: plant.waiting_for_locks("%update course%") >= 2)
        lock.rollback()

    plant.until(lambda: plant.counts()[1] == 3000)
    assert plant.counts() == (3000, 3000, 0)
    assert plant.title() == "Title 2999"


def test_a_web_process_killed_in_the_middle_of_a_request_keeps_the_event_once_when_it_comes_again(
    plant: Plant,
) -> None:
    web = plant.web()
    assert plant.send(1) == 202
    answers: list[int | None] = []
    with plant.connection(autocommit=False) as lock:
        lock.execute(LOCK_INBOX)
        sender = threading.Thread(target=lambda: answers.append(plant.send(2)))
        sender.start()
        plant.until(lambda: plant.waiting_for_locks("%insert into webhook_event%"))
        for child in plant.children(web):
            os.kill(child, signal.SIGKILL)
        sender.join()
        lock.rollback()
    assert answers == [None]

    plant.until(plant.is_ready)
    plant.send_until_taken(2)
    plant.worker()
    plant.until(lambda: plant.counts()[1] == 2)
    assert plant.counts() == (2, 2, 0)
    assert plant.title() == "Title 2"


def test_a_whole_letterbox_killed_and_started_again_keeps_every_event_once(plant: Plant) -> None:
    web = plant.web()
    plant.worker()
    sender = threading.Thread(target=plant.in_parallel, args=(plant.send_until_taken, range(400)))
    sender.start()
    plant.until(lambda: plant.counts()[0] > 50)
    for pid in (web.pid, *plant.children(web)):
        os.kill(pid, signal.SIGKILL)
    web.wait()
    plant.web()
    sender.join()

    plant.until(lambda: plant.counts()[1] == 400)
    assert plant.counts() == (400, 400, 0)
    assert plant.title() == "Title 399"


def test_a_database_that_crashes_under_web_and_worker_loses_and_doubles_nothing(plant: Plant) -> None:
    plant.web()
    worker = plant.worker()
    sender = threading.Thread(target=plant.in_parallel, args=(plant.send_until_taken, range(600)))
    sender.start()
    plant.until(lambda: plant.counts()[0] > 50)
    plant.crash_database()
    assert plant.send(0) in (503, 500, None)
    plant.start_database()
    sender.join()
    # Whatever runs the processes starts one again that ended; ours may have borne it.
    time.sleep(1)
    if worker.poll() is not None:
        plant.worker()

    plant.until(lambda: plant.counts()[1] == 600)
    assert plant.counts() == (600, 600, 0)
    assert plant.title() == "Title 599"


def test_events_that_come_three_times_in_any_order_from_eight_senders_are_read_once(plant: Plant) -> None:
    plant.web()
    plant.worker()
    numbers = list(range(200)) * 3
    random.Random(5).shuffle(numbers)  # noqa: S311 - an order, and no secret

    plant.in_parallel(plant.send_until_taken, numbers)

    plant.until(lambda: plant.counts()[1] == 200)
    assert plant.counts() == (200, 200, 0)
    assert plant.title() == "Title 199"


def test_a_sender_whose_clock_is_wrong_is_taken_within_minutes_refused_beyond_and_taken_once_it_is_right(
    plant: Plant,
) -> None:
    plant.web()
    now = datetime.now(UTC)

    assert plant.send(1, at=now + timedelta(minutes=4)) == 202
    assert plant.send(2, at=now - timedelta(minutes=4)) == 202
    assert plant.send(3, at=now + timedelta(minutes=6)) == 401
    assert plant.send(3, at=now - timedelta(minutes=6)) == 401
    assert plant.ask("select sum(count) from webhook_refusal") == 2
    assert plant.send(3) == 202

    plant.worker()
    plant.until(lambda: plant.counts()[1] == 3)
    assert plant.title() == "Title 3"


def test_what_a_clock_told_that_was_ahead_does_not_outlive_what_is_told_later(plant: Plant) -> None:
    plant.web()
    ahead = 500_000_000
    assert plant.send(ahead) == 202
    plant.worker()
    plant.until(lambda: plant.counts()[1] == 1)
    assert plant.title() == f"Title {ahead}"

    assert plant.send(ahead + 1) == 202
    plant.until(lambda: plant.counts()[1] == 2)
    assert plant.title() == f"Title {ahead + 1}"


def test_a_secret_that_is_rotated_while_events_come_refuses_none_of_them(plant: Plant) -> None:
    plant.web()
    own = plant.engine()
    with Session(own) as session:
        source = session.get_one(Source, plant.source.id)
        fresh = sources.rotate(session, source, settings=plant.settings, now=datetime.now(UTC))
        session.commit()

    def send(number: int) -> None:
        assert plant.send(number, secret=fresh if number % 2 else "") == 202

    plant.in_parallel(send, range(100))
    assert plant.send(200, secret=signatures.new_secret()) == 401
    assert plant.counts()[0] == 100
    own.dispose()
