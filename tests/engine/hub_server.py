"""A hub in a thread: speaks enough of the hub's protocol for the real huggingface_hub client.

What it answers follows the public API: `GET /api/models/ID[/revision/REV]?blobs=True` and
`GET /ID/resolve/REV/FILE` with ranges, and the headers `X-Error-Code`, `X-Repo-Commit`, `ETag`.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Repo:
    """One repo and how it misbehaves.

    Args:
        files: Content by name.
        gated: Files are refused with 403, the listing is given.
        cuts: File → how many bytes are sent before the connection is cut; each cut happens once.
        reset: Cut with a reset instead of an early end.
        lies: Files whose announced hash is not theirs.
        status: Answer everything with this status instead.
        terse: List names only, as small mirrors do: no sizes, no hashes.
    """

    files: dict[str, bytes]
    gated: bool = False
    cuts: dict[str, list[int]] = field(default_factory=dict)
    reset: bool = False
    lies: tuple[str, ...] = ()
    status: int = 0
    terse: bool = False


@dataclass
class Hub:
    """The server: its repos, and what it was asked for."""

    repos: dict[str, Repo]
    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """(path, Range header) of every request."""

    def fetched(self) -> list[str]:
        """Names of the files that were asked for, in order."""
        return [path.rpartition("/")[2] for path, _ in self.asked if "/resolve/" in path]


@contextmanager
def running_hub(repos: dict[str, Repo]) -> Iterator[Hub]:
    """Serve `repos` on a free port of this machine."""
    hub = Hub(repos)

    class Handler(_Handler):
        served = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Hub

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the test's output."""

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.served.asked.append((path, self.headers.get("Range") or ""))
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", path):
            return self._listing(found[1], found[2])
        if found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            return self._file(found[1], found[3])
        return self._error(404, "EntryNotFound", "not here")

    def do_HEAD(self) -> None:
        path = unquote(urlsplit(self.path).path)
        found = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        repo = self.served.repos.get(found[1]) if found else None
        if repo is None or found is None or found[3] not in repo.files:
            return self._error(404, "EntryNotFound", "not here")
        return self._head(200, len(repo.files[found[3]]), 0, 0)

    def _listing(self, name: str, revision: str | None) -> None:
        repo = self.served.repos.get(name)
        if repo is None:
            return self._error(404, "RepoNotFound", "Repository not found")
        if repo.status:
            return self._error(repo.status, "", "out of order")
        if revision not in (None, "main", COMMIT):
            return self._error(404, "RevisionNotFound", "Invalid rev id")
        siblings = [_sibling(file, content, file in repo.lies) for file, content in repo.files.items()]
        if repo.terse:
            siblings = [{"rfilename": file} for file in repo.files]
        body = {"id": name, "sha": COMMIT, "gated": "manual" if repo.gated else False, "siblings": siblings}
        return self._send(200, json.dumps(body).encode())

    def _file(self, name: str, file: str) -> None:
        repo = self.served.repos.get(name)
        if repo is None or file not in repo.files:
            return self._error(404, "EntryNotFound", "Entry not found")
        if repo.gated:
            return self._error(403, "GatedRepo", f"Access to model {name} is restricted")
        content = repo.files[file]
        start = int((re.match(r"bytes=(\d+)-", self.headers.get("Range") or "") or (0, 0))[1])
        if start >= len(content) > 0:
            return self._error(416, "", "range not satisfiable")
        cuts = repo.cuts.get(file)
        if cuts:
            return self._cut(content[start:], cuts.pop(0), repo.reset, start, len(content))
        return self._send(206 if start else 200, content[start:], start, len(content))

    def _cut(self, content: bytes, after: int, reset: bool, start: int, whole: int) -> None:
        self._head(206 if start else 200, len(content), start, whole)
        self.wfile.write(content[:after])
        self.wfile.flush()
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def _send(self, status: int, body: bytes, start: int = 0, whole: int = 0) -> None:
        self._head(status, len(body), start, whole)
        self.wfile.write(body)

    def _head(self, status: int, length: int, start: int, whole: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", '"made-up"')
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
        self.end_headers()

    def _error(self, status: int, code: str, message: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", message)
        self.end_headers()


def _sibling(file: str, content: bytes, lie: bool) -> dict[str, Any]:
    wrong = b"x" if lie else b""
    entry: dict[str, Any] = {"rfilename": file, "size": len(content)}
    if file.endswith((".safetensors", ".bin")):
        digest = hashlib.sha256(content + wrong).hexdigest()
        entry["lfs"] = {"size": len(content), "sha256": digest, "pointerSize": 134}
        return entry
    blob = b"blob %d\0" % len(content) + content + wrong
    return {**entry, "blobId": hashlib.sha1(blob, usedforsecurity=False).hexdigest()}
