"""What of an event an admin is shown."""

from hypothesis import given
from hypothesis import strategies as st

from webhooks.room.rules import HIDDEN, shown


def test_numbers_moments_and_words_of_machines_are_shown() -> None:
    told = {
        "user_id": "21070000000000012",
        "at": "2026-09-01T08:04:00Z",
        "workflow_state": "registered",
        "n": [1, None],
    }

    assert shown(told) == told


def test_names_logins_and_whatever_somebody_wrote_are_hidden_wherever_they_stand() -> None:
    told = {
        "name": "mai",
        "body": {"user_login": "mai", "sis_user_id": "S9", "note": "Well done, Mai", "list": ["a b", "7"]},
        "fullname": "",
    }

    assert shown(told) == {
        "name": HIDDEN,
        "body": {"user_login": HIDDEN, "sis_user_id": HIDDEN, "note": HIDDEN, "list": [HIDDEN, "7"]},
        "fullname": "",
    }


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    )
)
def test_whatever_comes_keeps_its_shape(payload: object) -> None:
    assert type(shown(payload)) is type(payload)
