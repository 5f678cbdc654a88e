"""People at their browsers, as the pages of an exchange have them."""

from tests.functional.exchange_pages.conftest import an_hour_ago, visit

__all__ = ["an_hour_ago", "visit"]
