"""A Hub of our own on this machine: the routes of the Hugging Face Hub, as its client uses them.

Down: ``resolve`` (HEAD and GET, with ETag, X-Repo-Commit and Range), ``revision``, ``tree`` and the errors of missing
repositories, revisions and files, for models (no prefix) and data sets (``datasets/``). Up: ``repos/create``,
``preupload``, ``commit`` (plain files in its lines, large ones by git-lfs: ``objects/batch``, PUT, ``verify``) and
``tag``. `Fault` makes it misbehave.
"""

import base64
import contextlib
import hashlib
import json
import re
import shutil
import tempfile
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import attrs
import pytest

RESOLVE = re.compile(r"^/(?P<repo>(datasets/)?[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)$")
INFO = re.compile(r"^/api/(?P<kind>models|datasets)/(?P<repo>[^/]+/[^/]+)(/revision/(?P<revision>[^/]+))?$")
TREE = re.compile(r"^/api/(?P<kind>models|datasets)/(?P<repo>[^/]+/[^/]+)/tree/(?P<revision>[^/]+)(/(?P<folder>.*))?$")

UPLOAD = re.compile(
    r"^/api/(?P<kind>models|datasets)/(?P<repo>[^/]+/[^/]+)/(?P<verb>preupload|commit|tag)/(?P<revision>.+)$"
)
BATCH = re.compile(r"^/(?P<repo>(datasets/)?[^/]+/[^/]+)\.git/info/lfs/objects/batch$")
PATHS = re.compile(r"^/api/(?P<kind>models|datasets)/(?P<repo>[^/]+/[^/]+)/paths-info/(?P<revision>[^/]+)$")
TOKEN = "hf_test"  # pragma: allowlist secret
"""What may write."""


@attrs.define
class Fault:
    """How the server misbehaves.

    Attributes:
        where: regular expression of the requests that it meets, such as ``GET .*/resolve/.*safetensors``.
        status: answered instead, with `headers`; 0 for the kinds below.
        kind: ``cut`` ends the connection in the middle of the body, ``bytes`` sends other bytes of the right number,
            ``slow`` waits `seconds` first.
        times: how often; then all is well.
    """

    where: str
    status: int = 0
    headers: dict[str, str] = attrs.field(factory=dict)
    kind: str = ""
    seconds: float = 0.0
    times: int = 1


class HubServer:
    """Repositories by name; each is a list of commits, and every commit a table of files.

    Attributes:
        requests: what was asked, as ``GET /path``.
        gated: repositories whose terms were not accepted.
        private: repositories that are seen with the token only.
        fault: how it misbehaves; None if it does not.
        lfs: bytes from which on a file goes up by git-lfs.
        tokens: that were sent.
    """

    def __init__(self) -> None:
        self.commits: dict[str, dict[str, dict[str, Path]]] = {}
        self.branches: dict[str, dict[str, str]] = {}
        self.gated: set[str] = set()
        self.private: set[str] = set()
        self.fault: Fault | None = None
        self.lfs = 1 << 40
        self.tokens: set[str] = set()
        self.blobs = Path(tempfile.mkdtemp(prefix="hub-"))
        self.requests: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def add(self, repo: str, files: dict[str, Path], branch: str = "main") -> str:
        """Commit files to a repository (``datasets/…`` for data sets); returns the commit."""
        parts = [f"{name} {path} {path.stat().st_mtime_ns}" for name, path in sorted(files.items())]
        commit = hashlib.sha1("\n".join([repo, branch, *parts]).encode(), usedforsecurity=False).hexdigest()
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
        shutil.rmtree(self.blobs, ignore_errors=True)

    def blob(self, content: bytes) -> Path:
        """Keep the content of a file that came up."""
        path = self.blobs / hashlib.sha256(content).hexdigest()
        path.write_bytes(content)
        return path


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_POST(self) -> None:
        self._take()

    def do_PUT(self) -> None:
        self._take()

    def log_message(self, *words: object) -> None:
        return

    def _answer(self, with_body: bool) -> None:
        path = self.path.split("?")[0]
        if self._faulty(path):
            return
        for pattern, answer in ((RESOLVE, self._file), (TREE, self._tree), (INFO, self._info)):
            found = pattern.match(path)
            if found:
                asked = {name: urllib.parse.unquote(value or "") for name, value in found.groupdict().items()}
                answer(asked, with_body)
                return
        self._refuse(404, "EntryNotFound")

    def _faulty(self, path: str) -> bool:
        """Note the request; True once a fault has been answered in its place."""
        self.hub.requests.append(f"{self.command} {path}")
        sent = self.headers.get("Authorization", "").removeprefix("Bearer ")
        self.hub.tokens |= {sent} if sent else set()
        self.spoil = ""
        fault = self.hub.fault
        if fault is None or not fault.times or not re.search(fault.where, f"{self.command} {path}"):
            return False
        fault.times -= 1
        threading.Event().wait(fault.seconds)
        self.spoil = fault.kind
        if fault.status:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(fault.status)
            for name, value in {"Content-Length": "0", **fault.headers}.items():
                self.send_header(name, value)
            self.end_headers()
        elif self.spoil == "cut" and self.command in ("POST", "PUT"):
            self.close_connection = True
            self.connection.close()
            return True
        return bool(fault.status)

    def _take(self) -> None:
        """Answer what goes up."""
        path = self.path.split("?")[0]
        if self._faulty(path):
            return
        body = self._body()
        if path == "/api/validate-yaml":
            self._json({"errors": [], "warnings": []}, True)
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}" and not path.startswith("/lfs/"):
            self._refuse(401, "")
        elif path == "/api/repos/create":
            self._create(json.loads(body))
        elif path.startswith("/lfs/"):
            if self.command == "PUT" and hashlib.sha256(body).hexdigest() != path.rpartition("/")[2]:
                self._refuse(400, "")
                return
            if self.command == "PUT":
                self.hub.blob(body)
            self._json({}, True)
        elif found := BATCH.match(path):
            self._batch(json.loads(body))
        elif found := PATHS.match(path):
            self._paths({name: urllib.parse.unquote(value) for name, value in found.groupdict().items()}, body)
        elif found := UPLOAD.match(path):
            asked = {name: urllib.parse.unquote(value) for name, value in found.groupdict().items()}
            repo = asked["repo"] if asked["kind"] == "models" else f"datasets/{asked['repo']}"
            if repo not in self.hub.branches:
                self._refuse(404, "RepoNotFound")
            else:
                verbs = {"preupload": self._preupload, "commit": self._receive, "tag": self._tag}
                verbs[asked["verb"]](repo, asked["revision"], body)
        else:
            self._refuse(404, "EntryNotFound")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _create(self, asked: dict[str, Any]) -> None:
        kind = "datasets/" if asked.get("type") == "dataset" else ""
        repo = f"{kind}{asked.get('organization') or 'tester'}/{asked['name']}"
        there = repo in self.hub.branches
        if not there:
            self.hub.commits[repo], self.hub.branches[repo] = {}, {}
            self.hub.add(repo, {".gitattributes": self.hub.blob(b"*.safetensors filter=lfs\n")})
            if asked.get("private") or asked.get("visibility") == "private":
                self.hub.private.add(repo)
        self._json({"url": f"{self.hub.url}/{repo}"}, True, 409 if there else 200)

    def _paths(self, asked: dict[str, str], body: bytes) -> None:
        repo = asked["repo"] if asked["kind"] == "models" else f"datasets/{asked['repo']}"
        commit = self._commit(repo, asked["revision"])
        if commit is not None:
            wanted = (
                json.loads(body)["paths"] if body.startswith(b"{") else urllib.parse.parse_qs(body.decode())["paths"]
            )
            held = self.hub.commits[repo][commit]
            found = [
                {"type": "file", "path": name, "size": held[name].stat().st_size, "oid": "0" * 40}
                for name in wanted
                if name in held
            ]
            found += [
                {"type": "directory", "path": name, "oid": "0" * 40}
                for name in wanted
                if any(other.startswith(f"{name}/") for other in held)
            ]
            self._json(found, True)

    def _preupload(self, repo: str, revision: str, body: bytes) -> None:
        files = [
            {
                "path": one["path"],
                "uploadMode": "lfs" if one["size"] >= self.hub.lfs else "regular",
                "shouldIgnore": False,
            }
            for one in json.loads(body)["files"]
        ]
        self._json({"files": files}, True)

    def _batch(self, asked: dict[str, Any]) -> None:
        objects: list[dict[str, Any]] = []
        for one in asked["objects"]:
            place = f"{self.hub.url}/lfs/{one['oid']}"
            actions = {"upload": {"href": place}, "verify": {"href": f"{place}/verify"}}
            objects.append({**one, **({} if (self.hub.blobs / one["oid"]).exists() else {"actions": actions})})
        self._json({"transfer": "basic", "objects": objects}, True)

    def _receive(self, repo: str, revision: str, body: bytes) -> None:
        lines = [json.loads(line) for line in body.splitlines()]
        parent = self.hub.branches[repo].get(revision)
        said = lines[0]["value"].get("parentCommit")
        if said is not None and said != parent:
            self._refuse(412, "")
            return
        files = dict(self.hub.commits[repo].get(parent or "", {}))
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = self.hub.blob(base64.b64decode(value["content"]))
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.blobs / value["oid"]
            else:
                files.pop(value["path"])
        made = self.hub.add(repo, files, revision)
        self._json({"success": True, "commitOid": made, "commitUrl": f"{self.hub.url}/{repo}/commit/{made}"}, True)

    def _tag(self, repo: str, revision: str, body: bytes) -> None:
        self.hub.branches[repo][json.loads(body)["tag"]] = self.hub.find(repo, revision) or ""
        self._json({}, True)

    def _commit(self, repo: str, revision: str) -> str | None:
        """The commit that is asked for; None once the error has been sent."""
        if repo in self.hub.private and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._refuse(401, "RepoNotFound")
            return None
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
        self.send_header("ETag", f'"{hashlib.sha256(f"{path} {size}".encode()).hexdigest()}"')
        self.send_header("X-Repo-Commit", commit)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(stop - start))
        if part:
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
        self.end_headers()
        if with_body:
            with path.open("rb") as file, contextlib.suppress(BrokenPipeError, ConnectionResetError):
                file.seek(start)
                if self.spoil == "cut":
                    self.wfile.write(file.read((stop - start) // 2))
                    self.wfile.flush()
                    self.close_connection = True
                    self.connection.close()
                    return
                while start < stop:
                    block = file.read(min(1 << 22, stop - start))
                    start += len(block)
                    self.wfile.write(bytes(255 - one for one in block) if self.spoil == "bytes" else block)

    def _tree(self, asked: dict[str, str], with_body: bool) -> None:
        repo = asked["repo"] if asked["kind"] == "models" else f"datasets/{asked['repo']}"
        commit = self._commit(repo, asked["revision"])
        if commit is not None:
            held = self.hub.commits[repo][commit]
            within = f"{asked['folder'].strip('/')}/" if asked["folder"] else ""
            inner = {name: path for name, path in held.items() if name.startswith(within)}
            if within and not inner:
                self._refuse(404, "EntryNotFound", commit)
                return
            deep = "recursive=true" in self.path.lower()
            folders = {name[: i + len(within)] for name in inner if (i := name[len(within) :].find("/")) >= 0}
            entries = [{"type": "directory", "path": name, "size": 0, "oid": "0" * 40} for name in sorted(folders)]
            entries += [
                {"type": "file", "path": name, "size": path.stat().st_size, "oid": "0" * 40}
                for name, path in inner.items()
                if deep or "/" not in name[len(within) :]
            ]
            self._json(entries, with_body)

    def _info(self, asked: dict[str, str], with_body: bool) -> None:
        repo = asked["repo"] if asked["kind"] == "models" else f"datasets/{asked['repo']}"
        commit = self._commit(repo, asked["revision"] or "main")
        if commit is not None:
            siblings = [{"rfilename": name} for name in self.hub.commits[repo][commit]]
            said = {"id": asked["repo"], "sha": commit, "private": repo in self.hub.private, "siblings": siblings}
            self._json(said, with_body)

    def _json(self, value: object, with_body: bool, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
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
