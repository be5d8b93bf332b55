"""The environment of the Hub's client: what of its variables would make it fail before it connects.

The client reads them when it is imported (``HF_ENDPOINT``, times in seconds) or when it makes its first connection
(proxies, certificates, token), and what it raises then names no variable. No value of a token or an account is shown.
"""

import functools
import importlib.util
import os
import re
import ssl
import sys
import urllib.parse
import urllib.request
from pathlib import Path

from matchzoo.core.errors import MatchZooError, did_you_mean

ENDPOINT = "HF_ENDPOINT"
SECONDS = ("HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT")
"""Variables that are whole numbers."""
TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
SOCKS = ("socks5", "socks5h")
CERTIFICATES = "SSL_CERT_FILE"
TRUE = ("1", "ON", "YES", "TRUE")
"""What the client takes for yes."""


def check_environment(*, connects: bool = True) -> None:
    """Raise if a variable would make the Hub's client fail before it connects.

    Args:
        connects: whether a connection is to be made; else only what the client reads when it is imported is looked at.

    Raises:
        MatchZooError: with the variable, what is wrong with it, and the remedy.
    """
    constants = sys.modules.get("huggingface_hub.constants")
    _check_endpoint(os.environ.get(ENDPOINT) if constants is None else constants.ENDPOINT)
    for name in SECONDS if constants is None else ():
        _check_seconds(name, os.environ.get(name, "0"))
    if not connects or os.environ.get("HF_HUB_OFFLINE", "").upper() in TRUE:
        return

    for name in TOKENS:
        _check_token(name, os.environ.get(name, ""))
    _check_proxies(urllib.request.getproxies())
    path = os.environ.get(CERTIFICATES)
    if path:
        _check_certificates(path)


def _check_seconds(name: str, value: str) -> None:
    try:
        int(value)
    except ValueError:
        raise MatchZooError(
            f"{name}: expected a whole number of seconds, got {value!r}; set one, or unset it"
        ) from None


def _check_endpoint(address: str | None) -> None:
    """The address of the Hub: an http one without an account, for the client writes addresses into logs and errors."""
    if address is None:
        return
    if "@" in address:
        raise MatchZooError(f"{ENDPOINT}: holds an account, which logs would show; give HF_TOKEN instead")
    problem = _problem_of(address, ("http", "https"))
    if problem:
        raise MatchZooError(
            f"{ENDPOINT}: {problem}, got {address!r}; give an address such as https://huggingface.co, or unset it"
        )


def _problem_of(address: str, schemes: tuple[str, ...]) -> str:
    """What is wrong with an address ``scheme://host:port``; empty if nothing is."""
    try:
        parts = urllib.parse.urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "its host or port cannot be read (a port is a number up to 65535)"
    if "://" not in address:
        return f"expected an address that begins with {schemes[0]}://"
    if parts.scheme not in schemes:
        return f"expected one of {', '.join(f'{scheme}://' for scheme in schemes)}"
    if not host or port == 0 or re.search(r"\s", address):
        return "it names no host" if not host else "it holds blanks" if port != 0 else "0 is not a port"
    return ""


def _check_token(name: str, token: str) -> None:
    """A token is of visible ASCII; the client itself takes the ends of lines, and blanks around it, away."""
    token = token.replace("\r", "").replace("\n", "").strip()
    odd = re.search(r"[^\x21-\x7e]|[\"'`<>]", token)
    if odd is None:
        return
    kinds = {" ": "a blank", "\t": "a tab", '"': "a quotation mark", "'": "a quotation mark"}
    kind = kinds.get(odd[0], "a character that no token has")
    raise MatchZooError(
        f"{name}: holds {kind} at position {odd.start() + 1} of {len(token)}; copy the token again from "
        f"https://huggingface.co/settings/tokens, without quotation marks, or unset {name} and use: hf auth login"
    )


def _check_proxies(proxies: dict[str, str]) -> None:
    """Those that the client is made with, whether it will use them or not; none where ``NO_PROXY`` is ``*``."""
    if "*" in [host.strip() for host in proxies.get("no", "").split(",")]:
        return
    for scheme in ("http", "https", "all"):
        if proxies.get(scheme):
            spelled = (name for name in (f"{scheme}_proxy", f"{scheme}_PROXY".upper()) if name in os.environ)
            _check_proxy(next(spelled, f"the system's proxy for {scheme}"), proxies[scheme])


def _check_proxy(name: str, address: str) -> None:
    """A proxy that the client can be made with; an address without a scheme is one of http."""
    problem = _problem_of(address if "://" in address else f"http://{address}", ("http", "https", *SOCKS))
    shown = re.sub(r"[^/@]*@", "…@", address)
    if problem:
        scheme = did_you_mean(address.partition("://")[0], SOCKS) if "one of" in problem else ""
        hint = scheme if scheme.startswith("; did") else ""
        raise MatchZooError(f"{name}: {problem}, got {shown!r}{hint}; set it to http://HOST:PORT, or unset it")
    if address.startswith(SOCKS) and importlib.util.find_spec("socksio") is None:
        raise MatchZooError(
            f"{name}: {shown!r} is a SOCKS proxy, for which the Hub's client needs another package: pip install "
            f"socksio; or set it to http://HOST:PORT, or unset it"
        )


def _check_certificates(path: str) -> None:
    """A file of certificates that can be read and holds some."""
    remedy = f"unset {CERTIFICATES}, or set it to a file of certificates (PEM), such as: python -m certifi"
    try:
        _read_certificates(path, Path(path).stat().st_mtime_ns)
    except ssl.SSLError:
        raise MatchZooError(f"{CERTIFICATES}: {path} holds no certificates; {remedy}") from None
    except OSError as error:
        raise MatchZooError(f"{CERTIFICATES}: {path} cannot be read ({error.strerror}); {remedy}") from None


@functools.lru_cache(maxsize=4)
def _read_certificates(path: str, changed: int) -> None:
    """Raise unless a file, as of a time, has certificates; remembered where it has."""
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
