"""
Stylesheets, scripts and pictures, kept by browsers for good.

Their address holds a hash over all of them: ``/assets/<hash>/css/app.css``. Imports between
them are relative, so they carry the hash too, and no list of names is needed in the page.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, request, url_for

from lti_tool.web.guards import open_to_all

bp = Blueprint("assets", __name__)

FOR_GOOD = 365 * 24 * 3600
PDF_WORKER = "vendor/pdfjs/pdf.worker.mjs"
"""Reads a PDF, apart from the page. It alone may run WebAssembly: the decoders for what scanners make."""
PDF_WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"

WORTH_PACKING = frozenset({"text/css", "text/javascript", "image/svg+xml", "application/json"})


@dataclass(frozen=True, kw_only=True)
class Asset:
    """One file as it goes over the wire."""

    body: bytes
    packed: bytes | None
    kind: str
    etag: str


def install(app: Flask) -> None:
    """Serve the static folder of *app* under ``/assets/`` and give templates ``asset()``."""
    app.register_blueprint(bp)
    app.jinja_env.globals["asset"] = asset
    app.extensions["hearth.assets"] = _hash_of_all(_folder(app))


def asset(name: str) -> str:
    """The address of ``static/<name>``, good for ever."""
    return url_for("assets.send", version=_version(), name=name)


@bp.get("/assets/<version>/<path:name>")
@open_to_all
def send(version: str, name: str) -> Response:
    """One file. An address of another version (a page from before an upgrade) gets ours, for now only."""
    found = _load(_folder(current_app), name, _version())
    if found is None:
        abort(404)
    packed = found.packed is not None and request.accept_encodings["gzip"] > 0
    response = Response(found.packed if packed else found.body, mimetype=found.kind)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    if name == PDF_WORKER:
        response.headers["Content-Security-Policy"] = PDF_WORKER_POLICY
    response.headers["Vary"] = "Accept-Encoding"
    response.set_etag(f"{found.etag}{'-gzip' if packed else ''}")
    response.cache_control.public = True
    response.cache_control.max_age = FOR_GOOD if version == _version() else 0
    response.cache_control.immutable = version == _version()
    response.make_conditional(request)
    return response


def _version() -> str:
    if current_app.debug:
        return _hash_of_all(_folder(current_app))
    version: str = current_app.extensions["hearth.assets"]
    return version


def _folder(app: Flask) -> Path:
    return Path(app.static_folder or "static")


def _hash_of_all(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in _files(folder):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


@lru_cache(maxsize=256)
def _load(folder: Path, name: str, version: str) -> Asset | None:
    # By comparison with what is there, so that no spelling of a name leads out of the folder.
    path = next((path for path in _files(folder) if path.relative_to(folder).as_posix() == name), None)
    if path is None:
        return None
    body = path.read_bytes()
    kind = _kind(path)
    return Asset(
        body=body,
        packed=gzip.compress(body, 9, mtime=0) if kind in WORTH_PACKING else None,
        kind=kind,
        etag=hashlib.sha256(body).hexdigest()[:16],
    )


def _kind(path: Path) -> str:
    # mimetypes asks the machine's own tables, which may call scripts "application/javascript" or plain text.
    if path.suffix in (".js", ".mjs"):
        return "text/javascript"
    if path.suffix == ".wasm":
        return "application/wasm"
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"
