"""A Hub of our own on this machine: the download routes of the Hugging Face Hub, as its client uses them.

It answers ``resolve`` (HEAD and GET, with ETag, X-Repo-Commit and Range), ``revision``, ``tree`` and the errors of
missing repositories, revisions and files, for models (no prefix) and data sets (``datasets/``).
"""

import contextlib
import hashlib
import json
import re
import shutil
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

RESOLVE = re.compile(r"^/(?P<repo>(datasets/)?[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)$")
INFO = re.compile(r"^/api/(?P<kind>models|datasets)/(?P<repo>[^/]+/[^/]+)(/revision/(?P<revision>[^/]+))?$")
TREE = re.compile(r"^/api/(?P<kind>models|datasets)/(?P<repo>[^/]+/[^/]+)/tree/(?P<revision>[^/]+)(/.*)?$")


class HubServer:
    """Repositories by name; each is a list of commits, and every commit a table of files.

    Attributes:
        requests: what was asked, as ``GET /path``.
        gated: repositories whose terms were not accepted.
    """

    def __init__(self) -> None:
        self.commits: dict[str, dict[str, dict[str, Path]]] = {}
        self.branches: dict[str, dict[str, str]] = {}
        self.gated: set[str] = set()
        self.requests: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def add(self, repo: str, files: dict[str, Path], branch: str = "main") -> str:
        """Commit files to a repository (``datasets/…`` for data sets); returns the commit."""
        parts = [f"{name} {path} {path.stat().st_mtime_ns}" for name, path in sorted(files.items())]
        commit = hashlib.sha1("\n".join([repo, branch, *parts]).encode()).hexdigest()
        self.commits.setdefault(repo, {})[commit] = dict(files)
        self.branches.setdefault(repo, {})[branch] = commit
        return commit

    def find(self, repo: str, revision: str) -> str | None:
        """The commit of a branch, tag or commit."""
        commit = self.branches[repo].get(revision, revision)
        return commit if commit in self.commits[repo] else None

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, *words: object) -> None:
        return

    def _answer(self, with_body: bool) -> None:
        path = self.path.split("?")[0]
        self.hub.requests.append(f"{self.command} {path}")
        for pattern, answer in ((RESOLVE, self._file), (TREE, self._tree), (INFO, self._info)):
            found = pattern.match(path)
            if found:
                asked = {name: urllib.parse.unquote(value or "") for name, value in found.groupdict().items()}
                answer(asked, with_body)
                return
        self._refuse(404, "EntryNotFound")

    def _commit(self, repo: str, revision: str) -> str | None:
        """The commit that is asked for; None once the error has been sent."""
        if repo not in self.hub.commits:
            self._refuse(404, "RepoNotFound")
            return None
        if repo in self.hub.gated:
            self._refuse(403, "GatedRepo")
            return None
        commit = self.hub.find(repo, revision)
        if commit is None:
            self._refuse(404, "RevisionNotFound")
        return commit

    def _file(self, asked: dict[str, str], with_body: bool) -> None:
        commit = self._commit(asked["repo"], asked["revision"])
        if commit is None:
            return
        path = self.hub.commits[asked["repo"]][commit].get(asked["file"])
        if path is None:
            self._refuse(404, "EntryNotFound", commit)
            return
        size = path.stat().st_size
        start, stop = 0, size
        part = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if part:
            start, stop = int(part[1]), int(part[2]) + 1 if part[2] else size
        self.send_response(206 if part else 200)
        self.send_header("ETag", f'"{hashlib.sha1(f"{path} {size}".encode()).hexdigest()}"')
        self.send_header("X-Repo-Commit", commit)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(stop - start))
        if part:
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
        self.end_headers()
        if with_body:
            with path.open("rb") as file, contextlib.suppress(BrokenPipeError, ConnectionResetError):
                file.seek(start)
                while start < stop:
                    block = file.read(min(1 << 22, stop - start))
                    start += len(block)
                    self.wfile.write(block)

    def _tree(self, asked: dict[str, str], with_body: bool) -> None:
        repo = asked["repo"] if asked["kind"] == "models" else f"datasets/{asked['repo']}"
        commit = self._commit(repo, asked["revision"])
        if commit is not None:
            files = self.hub.commits[repo][commit]
            entries = [{"type": "file", "path": n, "size": p.stat().st_size, "oid": "0" * 40} for n, p in files.items()]
            self._json(entries, with_body)

    def _info(self, asked: dict[str, str], with_body: bool) -> None:
        repo = asked["repo"] if asked["kind"] == "models" else f"datasets/{asked['repo']}"
        commit = self._commit(repo, asked["revision"] or "main")
        if commit is not None:
            siblings = [{"rfilename": name} for name in self.hub.commits[repo][commit]]
            self._json({"id": asked["repo"], "sha": commit, "private": False, "siblings": siblings}, with_body)

    def _json(self, value: object, with_body: bool) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _refuse(self, status: int, code: str, commit: str = "") -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", code)
        if commit:
            self.send_header("X-Repo-Commit", commit)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """The server, an empty cache, and the Hub's client pointed at both."""
    from huggingface_hub import constants

    server = HubServer()
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    yield server
    server.close()
    shutil.rmtree(tmp_path, ignore_errors=True)  # full-size files: not to be kept for the next runs
