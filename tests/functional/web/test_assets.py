"""Stylesheets and scripts over HTTP."""

import gzip
import re

from flask import Flask
from flask.testing import FlaskClient

from lti_tool.web.assets import asset


def test_an_asset_is_kept_for_good(app: Flask, client: FlaskClient) -> None:
    answer = client.get(address_of(app, "css/tokens.css"))

    assert answer.status_code == 200
    assert answer.mimetype == "text/css"
    assert answer.cache_control.immutable
    assert answer.cache_control.max_age == 365 * 24 * 3600


def test_it_goes_over_the_wire_packed(app: Flask, client: FlaskClient) -> None:
    address = address_of(app, "vendor/htmx.js")

    packed = client.get(address, headers={"Accept-Encoding": "gzip, br"})
    plain = client.get(address)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.mimetype == "text/javascript"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    assert packed.headers["ETag"] != plain.headers["ETag"]


def test_an_address_from_before_an_upgrade_still_works_but_is_not_kept(app: Flask, client: FlaskClient) -> None:
    answer = client.get("/assets/0123456789abcdef/css/tokens.css")

    assert answer.status_code == 200
    assert not answer.cache_control.immutable
    assert answer.cache_control.max_age == 0


def test_what_is_known_is_not_sent_again(app: Flask, client: FlaskClient) -> None:
    address = address_of(app, "css/tokens.css")
    etag = client.get(address).headers["ETag"]

    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304


def test_nothing_outside_the_folder_is_served(app: Flask, client: FlaskClient) -> None:
    for name in ("../app.py", "css/../../app.py", "%2e%2e/app.py", "css", "", "vendor/.copied", "/etc/passwd", "a\0b"):
        assert client.get(f"/assets/x/{name}").status_code in (404, 405, 308)


def test_imports_between_scripts_stay_below_the_same_hash(app: Flask, client: FlaskClient) -> None:
    source = client.get(address_of(app, "js/app.js")).get_data(as_text=True)

    assert all(name.startswith(("./", "../")) for name in re.findall(r'from "([^"]+)"', source))


def address_of(app: Flask, name: str) -> str:
    with app.test_request_context():
        return asset(name)
