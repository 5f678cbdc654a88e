"""
The floor of a launch: a bare Flask application that makes the same three requests with the least work.

One attempt row committed at login; at launch the signature checked directly and one statement
for the spent attempt and three upserts; a page of 4 kB. Raw psycopg, no session, no guard.
"""

import atexit
import base64
import json
import os
import secrets
import time
from typing import Any
from urllib.parse import urlencode

import psycopg_pool
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from flask import Flask, redirect, render_template_string, request
from flask.typing import ResponseReturnValue

SCHEMA = """
create table attempt (state text primary key, nonce text not null, target text not null, browser text not null,
                      expires_at timestamptz not null, used_at timestamptz);
create table course (id int generated always as identity primary key, context_id text unique not null,
                     title text not null);
create table person (id int generated always as identity primary key, sub text unique not null, name text not null);
create table membership (course_id int references course, person_id int references person, role text not null,
                         launched_at timestamptz not null, primary key (course_id, person_id));
"""

LAUNCH = """
with spent as (
    update attempt set used_at = now()
     where state = %(state)s and nonce = %(nonce)s and browser = %(browser)s and used_at is null and expires_at > now()
    returning state
), the_course as (
    insert into course (context_id, title) select %(context)s, %(title)s from spent
    on conflict (context_id) do update set title = excluded.title returning id
), the_person as (
    insert into person (sub, name) select %(sub)s, %(name)s from spent
    on conflict (sub) do update set name = excluded.name returning id
)
insert into membership (course_id, person_id, role, launched_at)
select c.id, p.id, 'learner', now() from the_course c, the_person p
on conflict (course_id, person_id) do update set launched_at = excluded.launched_at
returning person_id
"""

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title></head><body>
<h1>{{ title }}</h1><p>{{ name }}</p><ul>{% for number in range(24) %}
<li class="card"><a href="/things/{{ number }}"><h2>Thing number {{ number }}</h2></a>
<p>Something to do, with a sentence about it.</p>
<p class="quiet">Nothing waits for you here.</p></li>{% endfor %}</ul></body></html>"""

app = Flask(__name__)
pool = psycopg_pool.ConnectionPool(os.environ.get("FLOOR_DATABASE_URL", ""), min_size=1, max_size=8, open=False)
atexit.register(pool.close)


@app.post("/lti/login")
def login() -> ResponseReturnValue:
    state, nonce, browser = secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    with _pool().connection() as connection:
        connection.execute(
            "insert into attempt values (%s, %s, %s, %s, now() + interval '10 minutes')",
            (state, nonce, request.form["target_link_uri"], browser),
        )
    query = urlencode(
        {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": request.form["client_id"],
            "redirect_uri": f"{request.host_url}lti/launch",
            "login_hint": request.form["login_hint"],
            "lti_message_hint": request.form["lti_message_hint"],
            "state": state,
            "nonce": nonce,
        }
    )
    response = redirect(f"{request.form['iss']}/auth?{query}")
    response.set_cookie("floor", browser, httponly=True, samesite="None", secure=True)
    return response


@app.post("/lti/launch")
def launch() -> ResponseReturnValue:
    claims = _verified(request.form["id_token"])
    context = claims["https://purl.imsglobal.org/spec/lti/claim/context"]
    with _pool().connection() as connection:
        row = connection.execute(
            LAUNCH,
            {
                "state": request.form["state"],
                "nonce": claims["nonce"],
                "browser": request.cookies["floor"],
                "context": context["id"],
                "title": context["title"],
                "sub": claims["sub"],
                "name": claims["name"],
            },
        ).fetchone()
    if row is None:
        return "no such login", 401
    return redirect(f"/page/{row[0]}", 303)


@app.get("/page/<int:person>")
def page(person: int) -> ResponseReturnValue:
    return render_template_string(PAGE, title="Designing for People", name=f"Person {person}")


def _pool() -> psycopg_pool.ConnectionPool:
    # Opened in the worker: connections do not survive a fork.
    if pool.closed:
        pool.open()
    return pool


def _verified(token: str) -> dict[str, Any]:
    signed, _, signature = token.rpartition(".")
    _key().verify(_decoded(signature), signed.encode(), padding.PKCS1v15(), SHA256())
    claims: dict[str, Any] = json.loads(_decoded(signed.partition(".")[2]))
    if claims["exp"] < time.time() or claims["aud"] != os.environ["FLOOR_CLIENT_ID"]:
        raise ValueError("stale, or for somebody else")
    return claims


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


_keys: list[rsa.RSAPublicKey] = []


def _key() -> rsa.RSAPublicKey:
    if not _keys:
        key = load_pem_public_key(os.environ["FLOOR_PUBLIC_KEY"].encode())
        assert isinstance(key, rsa.RSAPublicKey)
        _keys.append(key)
    return _keys[0]
