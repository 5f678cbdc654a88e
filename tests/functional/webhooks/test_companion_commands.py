"""``hearth moodle …``: pairing by an operator, over real HTTP to a pretend plugin."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.cli import main
from lti_tool.config import Settings
from lti_tool.courses.models import Platform
from tests.conftest import PUBLIC_URL, SECRET
from tests.factories.companion import TOKEN, PretendMoodle, served
from tests.factories.courses import make_deployment, make_platform
from webhooks.companions.models import Pairing

Operate = Callable[..., Result]


@pytest.fixture
def moodle() -> Iterator[PretendMoodle]:
    with served(PretendMoodle()) as made:
        yield made


@pytest.fixture
def platform(session: Session, moodle: PretendMoodle) -> Platform:
    made = make_platform(session, family="moodle", issuer=moodle.address, client_id=moodle.client_id)
    make_deployment(session, made)
    session.commit()
    return made


@pytest.fixture
def operate(settings: Settings, engine: Engine) -> Iterator[Operate]:
    environment = {
        "SECRET_KEY": SECRET,
        "PUBLIC_URL": PUBLIC_URL,
        "DATABASE_URL": settings.database_url or "",
        "ALLOW_LOOPBACK_PLATFORMS": "1",
    }

    def run(*words: Any, given: str | None = None, **changes: str) -> Result:
        made = CliRunner().invoke(main, ["moodle", *map(str, words)], input=given, env=environment | changes)
        db.close()
        return made

    yield run
    db.bind(engine)


def stored(session: Session) -> list[Pairing]:
    session.expire_all()
    return list(session.scalars(select(Pairing)))


def test_a_moodle_is_paired_looked_at_paused_and_forgotten(
    operate: Operate, session: Session, platform: Platform
) -> None:
    paired = operate("pair", platform.id, "--token", TOKEN)
    listed = operate("list")
    checked = operate("check", platform.id)
    paused = operate("pause", platform.id)
    resumed = operate("pause", platform.id, "--resume")
    gone = operate("unpair", platform.id, "--yes")

    assert paired.output.endswith(
        f"Platform {platform.id} is paired with site hs_0123456789abcdef"
        " (4.5.6 (Build: 20250811), local_hearth 1.2.1).\n"
    )
    assert "waiting 0  told 0  refused 0" in listed.output
    assert "It tells events: sending." in checked.output
    assert (paused.exit_code, resumed.exit_code, gone.exit_code) == (0, 0, 0)
    assert stored(session) == []


@pytest.mark.parametrize("words, given", [(["--token", "-"], f"{TOKEN}\n"), ([], f"{TOKEN}\n")])
def test_the_token_need_not_stand_on_the_command_line(
    operate: Operate, session: Session, platform: Platform, words: list[str], given: str
) -> None:
    done = operate("pair", platform.id, *words, given=given)

    assert done.exit_code == 0
    assert TOKEN not in done.output
    assert len(stored(session)) == 1


def test_pairing_again_keeps_what_was_chosen_unless_something_else_is_said(
    operate: Operate, session: Session, platform: Platform
) -> None:
    operate("pair", platform.id, "--token", TOKEN, "--dates", "--no-completion")
    operate("pair", platform.id, "--token", TOKEN, "--completion")

    (pairing,) = stored(session)
    assert (pairing.tells_log, pairing.tells_completion, pairing.tells_dates) == (True, True, True)


def test_the_list_can_be_read_by_scripts(operate: Operate, platform: Platform) -> None:
    operate("pair", platform.id, "--token", TOKEN)

    (each,) = json.loads(operate("list", "--json").output)

    assert (each["platform_id"], each["state"], each["problem"]) == (platform.id, "active", "")
    assert "token" not in each


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"token": "another"}, "The plugin does not answer as it should. token_refused"),
        ({"client_id": "other"}, "In the LMS, another tool was chosen in the plugin's settings: it says other"),
        ({"deployment_id": "9"}, "In the LMS, another tool was chosen in the plugin's settings: it says 9"),
        ({"errors": [("dml_missing_record_exception", "invalidrecord")]}, "function_missing"),
    ],
)
def test_a_pairing_that_cannot_be_is_told_in_a_sentence(
    operate: Operate,
    session: Session,
    platform: Platform,
    moodle: PretendMoodle,
    change: dict[str, Any],
    sentence: str,
) -> None:
    for name, value in change.items():
        setattr(moodle, name, value)

    done = operate("pair", platform.id, "--token", TOKEN)

    assert done.exit_code == 1
    assert sentence in done.output
    assert TOKEN not in done.output
    assert stored(session) == []


def test_an_address_inside_the_network_is_not_called(operate: Operate, platform: Platform) -> None:
    done = operate("pair", platform.id, "--url", "http://169.254.169.254", "--token", TOKEN)

    assert done.exit_code == 1
    assert "Hearth does not call this address" in done.output


def test_another_moodle_than_the_registered_one_is_told_apart(
    operate: Operate, session: Session, moodle: PretendMoodle
) -> None:
    other = make_platform(session, family="moodle", issuer="https://moodle.example", client_id=moodle.client_id)
    session.commit()

    done = operate("pair", other.id, "--url", moodle.address, "--token", TOKEN)

    assert done.exit_code == 1
    assert "That plugin lives in another LMS" in done.output


def test_a_site_that_calls_itself_something_else_now_is_told(
    operate: Operate, platform: Platform, moodle: PretendMoodle
) -> None:
    operate("pair", platform.id, "--token", TOKEN)
    moodle.site_id = "hs_other"

    done = operate("check", platform.id)

    assert done.exit_code == 1
    assert "That is another site than the one that was paired" in done.output


def test_what_a_site_hears_is_chosen_without_its_token(
    operate: Operate, platform: Platform, moodle: PretendMoodle
) -> None:
    operate("pair", platform.id, "--token", TOKEN)

    assert operate("choose", platform.id, "--dates", "--no-log").output.endswith("hears: completion, dates.\n")
    assert operate("choose", platform.id, "--no-completion").output.endswith("hears: dates.\n")


@pytest.mark.parametrize(
    "words", [["choose", "99"], ["pair", "99", "--token", "t"], ["check", "99"], ["pause", "99"], ["again", "99"]]
)
def test_what_is_not_there_is_told(operate: Operate, words: list[str]) -> None:
    done = operate(*words)

    assert done.exit_code == 1
    assert "99" in done.output


def test_a_lms_without_a_plugin_is_told(operate: Operate, session: Session, moodle: PretendMoodle) -> None:
    other = make_platform(session, family="canvas", issuer=moodle.address)
    session.commit()

    done = operate("pair", other.id, "--token", TOKEN)

    assert done.output == "Error: This LMS has no plugin of ours to pair with.\n"
