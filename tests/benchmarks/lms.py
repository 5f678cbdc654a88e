"""
The platform of the benchmarks, a process of its own: key set, tokens, a roster, all prepared beforehand.

``python -m tests.benchmarks.lms FOLDER`` prints its port and serves until its standard input closes.
"""

import json
import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

KID = "benchmark"
CLIENT_ID = "hearth-benchmark"
DEPLOYMENT_ID = "1"
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
ROSTER_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
CONTEXT_ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"


@dataclass(frozen=True)
class Key:
    """The platform's key pair."""

    private: rsa.RSAPrivateKey

    @classmethod
    def make(cls) -> "Key":
        return cls(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @property
    def key_set(self) -> bytes:
        public = json.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        return json.dumps({"keys": [public | {"kid": KID, "alg": "RS256", "use": "sig"}]}).encode()

    @property
    def public_pem(self) -> str:
        encoding = serialization.Encoding.PEM
        return (
            self.private.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
        )

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.private, algorithm="RS256", headers={"kid": KID})


def claims(*, issuer: str, target: str, nonce: str, student: int) -> dict[str, Any]:
    """An ordinary launch of an ordinary student, with all that platforms like to send along."""
    now = int(time.time())
    return {
        "iss": issuer,
        "aud": CLIENT_ID,
        "azp": CLIENT_ID,
        "sub": f"student-{student:06d}",
        "iat": now,
        "exp": now + 3600,
        "nonce": nonce,
        "name": f"Student Number {student}",
        "given_name": "Student",
        "family_name": f"Number {student}",
        "locale": "en",
        CLAIM + "deployment_id": DEPLOYMENT_ID,
        CLAIM + "message_type": "LtiResourceLinkRequest",
        CLAIM + "version": "1.3.0",
        CLAIM + "target_link_uri": target,
        CLAIM + "resource_link": {
            "id": "link-1",
            "title": "Our course, together",
            "description": "A place for us. " * 8,
        },
        CLAIM + "context": {
            "id": "course-1",
            "label": "DES 101",
            "title": "Designing for People",
            "type": ["CourseSection"],
        },
        CLAIM + "roles": [
            CONTEXT_ROLE + "Learner",
            "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student",
            "http://purl.imsglobal.org/vocab/lis/v2/system/person#User",
        ],
        CLAIM + "tool_platform": {
            "guid": "benchmark",
            "name": "Benchmark",
            "version": "1",
            "product_family_code": "benchmark",
        },
        CLAIM + "launch_presentation": {"document_target": "iframe", "locale": "en", "return_url": f"{issuer}/return"},
        CLAIM + "lis": {"person_sourcedid": f"s{student}", "course_section_sourcedid": "des-101"},
        CLAIM + "custom": {f"parameter_{number}": "a value of some length" for number in range(12)},
        "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {
            "scope": [
                "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
                "https://purl.imsglobal.org/spec/lti-ags/scope/score",
                "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
            ],
            "lineitems": f"{issuer}/lineitems",
        },
    }


def roster_page(first: int, count: int) -> bytes:
    """Members *first* to *first* + *count* of a class without end."""
    members = [
        {
            "status": "Active",
            "name": f"Given{number} Family{number}",
            "given_name": f"Given{number}",
            "family_name": f"Family{number}",
            "email": f"given{number}.family{number}@students.example.edu",
            "user_id": f"6b4a1c9e-0000-4000-8000-{number:012d}",
            "lis_person_sourcedid": f"student:{number}",
            "roles": [CONTEXT_ROLE + ("Instructor" if number % 500 == 0 else "Learner")],
        }
        for number in range(first, first + count)
    ]
    return json.dumps({"id": "roster", "context": {"id": "course-1"}, "members": members}).encode()


class Answers(BaseHTTPRequestHandler):
    """``/jwks``, ``/token``, ``/roster?people=10000&size=1000&from=0``."""

    protocol_version = "HTTP/1.1"
    key_set = b"{}"
    pages: dict[tuple[int, int], bytes] = {}  # noqa: RUF012 - shared on purpose

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/jwks":
            return self._answer(self.key_set)
        if url.path != "/roster":
            return self._answer(b"[]", status=404)
        query = {name: int(values[0]) for name, values in parse_qs(url.query).items() if values[0].isdigit()}
        people, size, first = query["people"], query["size"], query.get("from", 0)
        count = min(size, people - first)
        if (first, count) not in self.pages:
            self.pages[first, count] = roster_page(first, count)
        headers = {}
        if first + count < people:
            host = self.headers["Host"]
            headers["Link"] = f'<http://{host}/roster?people={people}&size={size}&from={first + count}>; rel="next"'
        return self._answer(self.pages[first, count], kind=ROSTER_TYPE, headers=headers)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        scope = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
        token = {"access_token": "benchmark", "token_type": "Bearer", "expires_in": 3600, "scope": scope}
        self._answer(json.dumps(token).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    def _answer(
        self, body: bytes, *, status: int = 200, kind: str = "application/json", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    Answers.key_set = (Path(sys.argv[1]) / "jwks.json").read_bytes()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
