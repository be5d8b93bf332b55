"""The environment of the Hub's client: each fault names its variable and the remedy, and no key is shown."""

import errno
import os
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.hub_server import HubServer, hub  # noqa: F401

from matchzoo import hub as door
from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage.hub_environment import check_environment
from matchzoo.core.storage.hub_errors import UnreachableError, explained

SECRET = "hf_SeCrEt"  # pragma: allowlist secret
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "HF_TOKEN", "SSL_CERT_FILE", "HF_HUB_OFFLINE")


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


WRONG = {
    "socks without its package": ("ALL_PROXY", "socks5://127.0.0.1:9050", r"SOCKS proxy, .*: pip install socksio; or"),
    "socks in small letters": ("https_proxy", "socks5h://127.0.0.1:9050", "is a SOCKS proxy"),
    "another kind of socks": (
        "ALL_PROXY",
        "socks4://127.0.0.1:1",
        "expected one of .*got 'socks4://.*did you",
    ),
    "port in words": ("HTTPS_PROXY", "http://127.0.0.1:port", r"port cannot be read .*got 'http://127\.0\.0\.1:port'"),
    "port too large": (
        "HTTPS_PROXY",
        "127.0.0.1:999999",
        r"a port is a number up to 65535.*http://HOST:PORT, or",
    ),
    "port 0": ("HTTP_PROXY", "http://proxy:0", "0 is not a port"),
    "no host": ("HTTP_PROXY", "http://", "names no host"),
    "kind of proxy": ("HTTPS_PROXY", "ftp://127.0.0.1:21", "expected one of http://, https://, socks5://, socks5h://"),
    "half a bracket": ("HTTP_PROXY", "http://[::1:80", "cannot be read"),
    "account of a proxy": ("HTTPS_PROXY", f"http://me:{SECRET}@proxy:x", "got 'http://…@proxy:x'"),
    "token with a blank": ("HF_TOKEN", f"{SECRET} x", "holds a blank at position 10 of 11; copy the token again"),
    "token in quotation marks": ("HF_TOKEN", f'"{SECRET}"', "holds a quotation mark at position 1 of 11"),
    "token of other letters": ("HF_TOKEN", f"{SECRET}ä", "a character that no token has at position 10"),
    "token with a zero-width space": ("HF_TOKEN", f"\u200b{SECRET}", "position 1 of 10.*or unset HF_TOKEN and use: hf"),
    "token with a control character": ("HF_TOKEN", f"{SECRET}\x1b[0m", "position 10"),
    "no certificates": ("SSL_CERT_FILE", "/nowhere/ca.pem", r"ca\.pem cannot be read \(No such file.*unset SSL_CERT_F"),
    "a folder": ("SSL_CERT_FILE", "/", r"/ cannot be read|/ holds no certificates"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_variable_that_the_client_stumbles_over(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, value, message = WRONG[case]
    monkeypatch.setenv(name, value)
    with pytest.raises(MatchZooError, match=rf"^{name}: .*{message}") as caught:
        check_environment()
    assert SECRET not in str(caught.value)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    check_environment()


RIGHT = {
    "proxy without a scheme": {"HTTPS_PROXY": "127.0.0.1:3128"},
    "proxy with an account": {"HTTPS_PROXY": f"http://me:{SECRET}@proxy:3128/"},
    "IPv6": {"HTTP_PROXY": "http://[::1]:3128"},
    "no proxy for anything": {"ALL_PROXY": "socks5://127.0.0.1:9050", "NO_PROXY": "a, *"},
    "small letters go first": {"HTTP_PROXY": "http://a:b", "http_proxy": "http://a:80"},
    "empty": dict.fromkeys(VARIABLES, ""),
    "token with the end of its line": {"HF_TOKEN": f" {SECRET}\r\n"},
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_the_client_takes(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in RIGHT[case].items():
        monkeypatch.setenv(name, value)
    check_environment()


@pytest.mark.parametrize("content", ["", "no certificate"])
def test_a_file_without_certificates(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ca.pem"
    file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(MatchZooError, match=r"^SSL_CERT_FILE: .*ca\.pem holds no certificates; unset SSL_CERT_FILE"):
        check_environment()
    certifi = pytest.importorskip("certifi")
    file.write_text(Path(certifi.where()).read_text())
    check_environment()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("huggingface.co", "expected an address that begins with http://, got 'huggingface.co'; give an address such"),
        ("ftp://huggingface.co", "expected one of http://, https://"),
        ("https://", "names no host"),
        ("", "begins with http"),
        ("https://hugging face.co", "holds blanks"),
        ("https://huggingface.co:port", "port cannot be read"),
        (f"https://me:{SECRET}@hub.example.org", "holds an account, which logs would show; give HF_TOKEN instead"),
    ],
)
def test_the_address_of_the_hub(address: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", address)
    for connects in (True, False):
        with pytest.raises(MatchZooError, match=rf"^HF_ENDPOINT: .*{message}") as caught:
            check_environment(connects=connects)
        assert SECRET not in str(caught.value)


PROGRAM = """
from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage.hub_repository import HubRepository

place = HubRepository.of("model", "tester/set")
for call in (place.exists, place.resolve, lambda: place.fetch("0" * 40, ["a"], str)):
    try:
        call()
    except MatchZooError as error:
        print("error:", error)
"""


def test_what_is_read_when_the_client_is_imported(tmp_path: Path) -> None:
    """Both would end in a traceback of the client's import."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    for name, value in (("HF_ENDPOINT", "http://127.0.0.1:port"), ("HF_HUB_ETAG_TIMEOUT", "10s")):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**environment, "HF_HOME": str(tmp_path), name: value, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=100,
        )
        lines = done.stdout.splitlines()
        assert len(lines) == 3, done.stderr
        assert all(line.startswith(f"error: {name}: ") and repr(value) in line for line in lines)


def test_pull_and_push_say_it(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:x")
    for call in (lambda: door.pull("tester/set"), lambda: door.kind_of("tester/set")):
        with pytest.raises(MatchZooError, match=r"^HTTPS_PROXY: "):
            call()
    assert hub.requests == []


def raised(error: BaseException) -> MatchZooError:
    with pytest.raises(MatchZooError) as caught, explained("a/b", "main", "model"):
        raise error
    return caught.value


CERTIFICATE = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate in chain")


@pytest.mark.parametrize(
    ("error", "message", "unreachable"),
    [
        (OSError(errno.EMFILE, "Too many open files"), r"raise the limit \(ulimit -n\)", False),
        (ssl.SSLError(1, "[X509] no certificate"), "unset SSL_CERT_FILE and SSL_CERT_DIR", False),
        (FileNotFoundError(errno.ENOENT, "No such file", "/elsewhere/x"), r"\(/elsewhere/x\): see to that file", False),
        (OSError(errno.ENOSPC, "No space left", "/elsewhere/x"), r"\(/elsewhere/x\): see to that file", False),
        (OSError(errno.ENOSPC, "No space left"), "free some, or set HF_HUB_CACHE", False),
        (OSError(errno.EROFS, "Read-only file system"), "set HF_HUB_CACHE", False),
        (socket.gaierror(-2, "Name or service not known"), "cannot be reached", True),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "cannot be reached", True),
        (TimeoutError(errno.ETIMEDOUT, "timed out"), "cannot be reached", True),
        (CERTIFICATE, "set SSL_CERT_FILE to a file with its certificate .*REQUESTS_CA_BUNDLE", True),
    ],
)
def test_the_cache_is_blamed_for_what_is_the_caches(error: OSError, message: str, unreachable: bool) -> None:
    found = raised(error)
    assert isinstance(found, UnreachableError) is unreachable
    with pytest.raises(MatchZooError, match=message):
        raise found
    assert ("HF_HUB_CACHE" in str(found)) is ("HF_HUB_CACHE" in message)


def test_a_file_of_the_clients_home() -> None:
    from huggingface_hub import constants

    error = PermissionError(errno.EACCES, "Permission denied", str(Path(constants.HF_HOME) / "token"))
    assert "set HF_HOME (now " in str(raised(error))
    error = PermissionError(errno.EACCES, "Permission denied", str(Path(constants.HF_HUB_CACHE) / "models--a--b"))
    assert "set HF_HUB_CACHE (now " in str(raised(error))


def test_a_stored_token_is_not_shown() -> None:
    error = UnicodeEncodeError("ascii", f"Bearer {SECRET}ä", 16, 17, "ordinal not in range")
    assert "is stored in " in str(raised(error))
    assert SECRET not in str(raised(error))
    assert SECRET not in str(raised(ConnectionError(f"Illegal header value b'Bearer {SECRET}\\x00'")))
