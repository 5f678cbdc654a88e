"""
Small secrets at rest.
"""

import pytest

from lti_tool import vault
from lti_tool.config import Settings

MINE = Settings(secret_key="one secret key that is long enough to be one", public_url="https://hearth.example")
THEIRS = Settings(secret_key="another secret key, as long as it has to be", public_url="https://hearth.example")


def test_what_goes_in_comes_out_and_looks_different_in_between() -> None:
    stored = vault.encrypt(MINE, "pssst ü")

    assert "pssst" not in stored
    assert vault.decrypt(MINE, stored) == "pssst ü"
    assert vault.encrypt(MINE, "pssst ü") != stored


@pytest.mark.parametrize("stored", ["", "nonsense", "gAAAA" + "x" * 80])
def test_what_was_changed_is_refused(stored: str) -> None:
    with pytest.raises(vault.VaultError):
        vault.decrypt(MINE, stored)


def test_another_key_cannot_read_it() -> None:
    with pytest.raises(vault.VaultError):
        vault.decrypt(THEIRS, vault.encrypt(MINE, "pssst"))
