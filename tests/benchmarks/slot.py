"""
The floor of a letterbox: a bare Flask view that checks one signature, does one INSERT, commits and answers 202.
"""

import atexit
import base64
import hmac
import json
import os
from hashlib import sha256

import psycopg_pool
from flask import Flask, request
from flask.typing import ResponseReturnValue

SCHEMA = """
create table event (id bigint generated always as identity primary key, source_id int not null, key text not null,
                    name text not null, occurred_at timestamptz not null, received_at timestamptz not null,
                    payload jsonb not null, state text not null default 'new', unique (source_id, key));
"""
INSERT = """
insert into event (source_id, key, name, occurred_at, received_at, payload)
values (1, %s, %s, to_timestamp(%s), now(), %s::jsonb) on conflict (source_id, key) do nothing
"""

app = Flask(__name__)
pool = psycopg_pool.ConnectionPool(os.environ.get("SLOT_DATABASE_URL", ""), min_size=1, max_size=8, open=False)
atexit.register(pool.close)


@app.post("/webhooks/<_source>")
def receive(_source: str) -> ResponseReturnValue:
    body = request.get_data(cache=False)
    given = request.headers
    signed = f"{given['webhook-id']}.{given['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(os.environ["SLOT_SECRET"])
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, sha256)).decode()
    if not hmac.compare_digest(given["webhook-signature"], expected):
        return "", 401
    event = json.loads(body)["data"]["event"]
    if pool.closed:
        # Opened in the worker: connections do not survive a fork.
        pool.open()
    with pool.connection() as connection:
        told = (given["webhook-id"], event["eventname"], event["timecreated"], json.dumps(event))
        connection.execute(INSERT, told)
    return "", 202
