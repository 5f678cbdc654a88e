"""Audio and video in a work: brought, described in words, played by those who may."""

import io
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import FileWords, SubmissionFile
from tests.factories.exchange import Class, all_hand_in, take
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import words
from tests.unit.files import recorded

VTT = "WEBVTT\n\nNOTE by Mira Holm\n\n00:00.000 --> 00:02.000\n<v Mira>Good morning & welcome\n"


def path_of(made: Class) -> str:
    return f"/exchanges/{made.exchange.id}"


def ask_for(made: Class, **options: object) -> None:
    chosen = rules.WorkOptions(**({"recordings": True} | options))  # type: ignore[arg-type]
    operations.set_options(made.session, made.exchange, chosen, by=made.teacher.person_id, now=made.exchange.created_at)
    made.session.commit()


def bring(who: Visitor, made: Class, data: bytes, name: str = "Mira Holm at home.mov") -> str:
    answer = who.post(
        f"{path_of(made)}/work/files", body="", base_revision="0", files=(io.BytesIO(data), name), htmx=True
    )
    return answer.text


def file_of(session: Session) -> SubmissionFile:
    session.expire_all()
    return session.scalars(select(SubmissionFile)).one()


@pytest.fixture
def amara(visit: People, made: Class) -> Visitor:
    return visit(made.learners[0])


def test_a_teacher_asks_for_recordings_and_whether_they_come_with_words(visit: People, made: Class) -> None:
    teacher = visit(made.teacher)
    chosen = {"text": "allowed", "files": "allowed", "links": "unwanted", "recordings": "on", "transcripts": "on"}

    saved = teacher.post(f"{path_of(made)}/settings/work", data=chosen)

    assert saved.status_code == 303
    page = teacher.get(f"{path_of(made)}/settings/work").text
    assert re.search(r'name="recordings"[^>]*checked', page)
    assert re.search(r'name="transcripts"[^>]*checked', page)
    assert "files, audio and video" in words(teacher.get(f"{path_of(made)}/settings").text)


def test_a_recording_is_refused_where_nobody_asked_for_it(amara: Visitor, made: Class) -> None:
    assert "Your teacher does not ask for audio or video here." in bring(amara, made, recorded.wav())


def test_what_no_browser_plays_is_refused_with_advice(amara: Visitor, made: Class) -> None:
    ask_for(made)

    said = bring(amara, made, recorded.mp4(sound_entry=recorded.audible(b"samr")))

    assert "Browsers do not play this kind of audio or video. Save it as MP4" in said


def test_a_recording_gets_a_new_name_and_is_played_in_the_page(amara: Visitor, made: Class, session: Session) -> None:
    """Pain 24."""
    ask_for(made)

    bring(amara, made, recorded.mp4())

    file = file_of(session)
    assert (file.name, file.media_type) == ("work-1.mp4", "video/mp4")
    check = amara.get(f"{path_of(made)}/work/final").text
    assert re.search(rf'<video[^>]* controls[^>]* src="[^"]*/files/{file.id}"', check)
    answer = amara.get(f"{path_of(made)}/files/{file.id}")
    assert recorded.SECRET not in answer.data
    assert answer.headers["Content-Disposition"] == "inline; filename=work-1.mp4"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_parts_of_a_recording_are_sent_to_who_asks_for_parts(amara: Visitor, made: Class, session: Session) -> None:
    ask_for(made)
    bring(amara, made, recorded.wav())
    file = file_of(session)
    path = amara.signed_in.path(f"{path_of(made)}/files/{file.id}")
    whole = amara.client.get(path)

    def part(asked: str, **headers: str) -> tuple[int, bytes, str | None]:
        answer = amara.client.get(path, headers={"Range": asked, **headers})
        return answer.status_code, answer.data, answer.headers.get("Content-Range")

    size = file.size
    assert (whole.status_code, len(whole.data), whole.headers["Accept-Ranges"]) == (200, size, "bytes")
    assert whole.headers["Content-Length"] == str(size)
    assert part("bytes=0-3") == (206, b"RIFF", f"bytes 0-3/{size}")
    assert part("bytes=10-") == (206, whole.data[10:], f"bytes 10-{size - 1}/{size}")
    assert part("bytes=-5") == (206, whole.data[-5:], f"bytes {size - 5}-{size - 1}/{size}")
    assert part(f"bytes=5-{size * 3}") == (206, whole.data[5:], f"bytes 5-{size - 1}/{size}")
    assert part(f"bytes={size}-")[0] == 416
    assert part("bytes=0-1,4-5")[0] == 200
    assert part("lines=0-1")[0] == 200
    assert part("bytes=nonsense")[0] == 200
    assert part("bytes=0-3", **{"If-Range": '"something older"'})[0] == 200
    assert part("bytes=0-3", **{"If-Range": whole.headers["ETag"]})[0] == 206


def test_captions_are_cleaned_and_run_along_and_a_transcript_stands_below(
    amara: Visitor, made: Class, session: Session
) -> None:
    ask_for(made)
    bring(amara, made, recorded.mp4())
    file = file_of(session)
    path = f"{path_of(made)}/work/files/{file.id}/words"

    assert "What is said in work-1.mp4" in words(amara.get(path).text)
    saved = amara.post(path, words="", file=(io.BytesIO(VTT.encode()), "captions.vtt"))

    assert saved.status_code == 303
    shown = amara.get(f"{path_of(made)}/files/{file.id}/captions")
    assert shown.text == "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nGood morning &amp; welcome\n"
    assert shown.content_type == "text/vtt; charset=utf-8"
    check = amara.get(f"{path_of(made)}/work/final").text
    assert re.search(rf'<track kind="captions" src="[^"]*/files/{file.id}/captions"', check)
    amara.post(path, words="Good morning, everybody.")
    assert amara.get(f"{path_of(made)}/files/{file.id}/captions").status_code == 404
    check = amara.get(f"{path_of(made)}/work/final").text
    assert "<track" not in check
    assert "Good morning, everybody." in words(check)


def test_captions_that_say_nothing_are_refused_and_what_was_typed_stays(
    amara: Visitor, made: Class, session: Session
) -> None:
    ask_for(made)
    bring(amara, made, recorded.mp4())
    path = f"{path_of(made)}/work/files/{file_of(session).id}/words"

    refused = amara.post(path, words="WEBVTT\n\nall my words")
    unread = amara.post(path, words="", file=(io.BytesIO(b"\xff\xd8\xff\xe0"), "captions.vtt"))

    assert refused.status_code == 422
    assert "all my words" in refused.text
    assert "Nothing is said in these captions." in words(refused.text)
    assert unread.status_code == 422
    assert "That file is no text." in words(unread.text)


def test_a_transcript_is_asked_for_kindly_and_required_where_the_teacher_says_so(
    amara: Visitor, made: Class, session: Session
) -> None:
    ask_for(made)
    bring(amara, made, recorded.mp3())
    file = file_of(session)
    check = amara.get(f"{path_of(made)}/work/final").text
    revision = re.search(r'name="base_revision" value="(\d+)"', check)
    assert revision
    assert "Please add them if you can." in words(check)

    ask_for(made, transcripts=True)
    refused = amara.post(f"{path_of(made)}/work", base_revision=revision[1])
    assert refused.status_code == 422
    assert "Say what is said in work-1.mp3" in words(refused.text)
    amara.post(f"{path_of(made)}/work/files/{file.id}/words", words="Humming.")
    assert amara.post(f"{path_of(made)}/work", base_revision=revision[1]).status_code == 303


def test_who_reviews_hears_it_and_nobody_else_does(visit: People, made: Class, session: Session) -> None:
    ask_for(made)
    first = visit(made.learners[0])
    bring(first, made, recorded.mp4())
    file = file_of(session)
    first.post(f"{path_of(made)}/work/files/{file.id}/words", words=VTT)
    all_hand_in(made)
    offers = {person: take(made, person) for person in made.people[1:]}
    session.commit()
    readers = [person for person, offer in offers.items() if offer.submission.author_id == made.people[0]]
    assert readers

    for person, learner in zip(made.people[1:], made.learners[1:], strict=True):
        visitor = visit(learner)
        expected = 200 if person in readers else 404
        assert visitor.get(f"{path_of(made)}/files/{file.id}").status_code == expected
        assert visitor.get(f"{path_of(made)}/files/{file.id}/captions").status_code == expected
        assert visitor.get(f"{path_of(made)}/work/files/{file.id}/words").status_code == 404
    page = visit(made.learners[made.people.index(readers[0])]).get(f"{path_of(made)}/reviews/{offers[readers[0]].id}")
    assert "<video" in page.text
    assert "Good morning & welcome" in words(page.text)


def test_words_may_be_added_while_a_recording_is_reviewed_and_are_then_not_changed(
    visit: People, made: Class, session: Session
) -> None:
    ask_for(made)
    first = visit(made.learners[0])
    bring(first, made, recorded.mp3())
    path = f"{path_of(made)}/work/files/{file_of(session).id}/words"
    all_hand_in(made)
    for person in made.people[1:]:
        take(made, person, now=datetime.now(UTC))
    session.commit()

    assert first.post(path, words="Humming.").status_code == 303
    refused = first.post(path, words="Singing.")

    assert refused.status_code == 422
    assert session.scalars(select(FileWords.body)).one() == "Humming."


def test_the_way_to_the_words_keeps_what_was_typed(amara: Visitor, made: Class, session: Session) -> None:
    ask_for(made)
    bring(amara, made, recorded.mp3())
    file = file_of(session)

    gone = amara.post(f"{path_of(made)}/work/draft", body="My talk.", base_revision="0", act=f"words-{file.id}")

    assert gone.headers["Location"].endswith(f"/work/files/{file.id}/words")
    assert "My talk." in amara.get(f"{path_of(made)}/work").text
