"""The tool as an admin of Canvas installs it without dynamic registration."""

from urllib.parse import urlsplit

from flask.testing import FlaskClient
from marshmallow import Schema, fields, validate

MESSAGES = ("LtiResourceLinkRequest", "LtiDeepLinkingRequest")


class Strict(Schema):
    """What Canvas's own form asks for; anything else in it would be refused or ignored."""


class Placement(Strict):
    placement = fields.String(required=True)
    enabled = fields.Boolean()
    message_type = fields.String(required=True, validate=validate.OneOf(MESSAGES))
    target_link_uri = fields.Url(required=True)
    text = fields.String(required=True)
    icon_url = fields.Url()
    visibility = fields.String(validate=validate.OneOf(("admins", "members", "public")))
    default = fields.String(validate=validate.OneOf(("enabled", "disabled")))
    selection_width = fields.Integer(strict=True)
    selection_height = fields.Integer(strict=True)
    custom_fields = fields.Dict(fields.String(), fields.String())


class Settings(Strict):
    text = fields.String(required=True)
    icon_url = fields.Url()
    selection_width = fields.Integer(strict=True)
    selection_height = fields.Integer(strict=True)
    placements = fields.List(fields.Nested(Placement), required=True)


class Extension(Strict):
    platform = fields.String(required=True, validate=validate.Equal("canvas.instructure.com"))
    domain = fields.String(required=True)
    tool_id = fields.String(required=True)
    privacy_level = fields.String(validate=validate.OneOf(("anonymous", "public", "name_only", "email_only")))
    settings = fields.Nested(Settings, required=True)


class Configuration(Strict):
    title = fields.String(required=True, validate=validate.Length(1))
    description = fields.String(required=True, validate=validate.Length(1))
    oidc_initiation_url = fields.Url(required=True)
    target_link_uri = fields.Url(required=True)
    scopes = fields.List(fields.Url(), required=True)
    public_jwk_url = fields.Url(required=True)
    custom_fields = fields.Dict(fields.String(), fields.String(), required=True)
    extensions = fields.List(fields.Nested(Extension), required=True, validate=validate.Length(equal=1))


def test_canvas_reads_the_configuration_from_its_address(client: FlaskClient) -> None:
    answer = client.get("/canvas/config.json")

    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.cache_control.public
    assert Configuration().validate(answer.get_json()) == {}


def test_every_address_of_the_configuration_is_ours_and_answers(client: FlaskClient) -> None:
    told = client.get("/canvas/config.json").get_json()
    settings = told["extensions"][0]["settings"]

    icons = {settings["icon_url"], *(each["icon_url"] for each in settings["placements"])}
    for address in (told["public_jwk_url"], *icons):
        assert address.startswith("https://hearth.example/")
        assert client.get(urlsplit(address).path).status_code == 200
    assert client.post(urlsplit(told["oidc_initiation_url"]).path).status_code == 400
    assert {each["target_link_uri"] for each in settings["placements"]} == {told["target_link_uri"]}


def test_an_admin_finds_the_administration_where_students_find_nothing(client: FlaskClient) -> None:
    placements = client.get("/canvas/config.json").get_json()["extensions"][0]["settings"]["placements"]
    visible = {each["placement"]: each["visibility"] for each in placements}

    assert visible["account_navigation"] == "admins"
    assert visible["course_navigation"] == "members"
    assert [each["default"] for each in placements if "default" in each] == ["disabled"]
