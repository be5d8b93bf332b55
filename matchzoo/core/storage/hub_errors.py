"""What the client of the Hugging Face Hub raises, in words for people: which repository, what happened, the remedy."""

import contextlib
import errno
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage.hub_environment import check_environment

DENIED = {
    401: "the Hub does not know who you are: hf auth login, or set HF_TOKEN",
    403: "your token has no right to do this: use one with write access (hf auth login), or a repository of yours",
    409: "somebody else is writing there",
    412: "somebody else has pushed meanwhile; look at what is there",
    429: "too many requests: wait as long as the Hub asks",
}
"""What is wrong, where the status of the Hub's answer alone says it."""
FULL = (errno.ENOSPC, errno.EDQUOT)
"""What a disk says that has no room."""
MANY = (errno.EMFILE, errno.ENFILE)
"""What a system says that has too many files open."""
NETWORK = (errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ETIMEDOUT)
"""What a system says that does not get to another one."""


class UnreachableError(MatchZooError):
    """The Hub cannot be reached from here, or is not to be."""


def is_offline() -> bool:
    """Whether ``HF_HUB_OFFLINE`` is set."""
    check_environment(connects=False)
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


@contextlib.contextmanager
def explained(
    name: str,
    revision: str,
    noun: str,
    *,
    file: str = "",
    doing: str = "pull",
    field: str = "",
    remedy: str = "",
) -> Iterator[None]:
    """Raise what the client raises as a `MatchZooError`.

    Args:
        name: of the repository.
        revision: that is asked for.
        noun: what is in it: ``data set``, ``model``.
        file: in it, if it is one that is asked for.
        doing: what fails, and what to do again: ``pull``, ``push``, ``download``.
        field: the recipe's table that names the repository, such as ``data``, for messages about it; empty if none.
        remedy: for a Hub that cannot be reached.

    Raises:
        UnreachableError: the Hub cannot be reached, or ``HF_HUB_OFFLINE`` is set and what is wanted is not here.
        MatchZooError: a variable of the environment with which the client fails before it connects
            (`check_environment`).
        MatchZooError: everything else, with the remedy.
    """
    check_environment()
    from huggingface_hub import errors

    at = f"{name}@{revision}{f'/{file}' if file else ''}"
    repo, branch = (f"{field}.{key}: " if field else "" for key in ("repo", "revision"))
    try:
        try:
            yield
        except (RuntimeError, ValueError, errors.LocalEntryNotFoundError) as error:
            # what the client makes of a fault while a large file goes up, or while it looks for a file
            if isinstance(error.__cause__, errors.HfHubHTTPError | errors.HTTPError | OSError):
                raise error.__cause__ from None
            raise
    except errors.GatedRepoError:
        raise MatchZooError(
            f"{at}: its owners ask you to accept their terms on its page first; then log in here: hf auth login"
        ) from None
    except errors.RepositoryNotFoundError as error:
        if _status(error) == 401:
            raise MatchZooError(f"{at}: {DENIED[401]}; or there is no such {noun}") from None
        raise MatchZooError(
            f"{repo}there is no {noun} {name} on the Hub, or it is private (then: hf auth login)"
        ) from None
    except errors.RevisionNotFoundError:
        raise MatchZooError(f"{branch}the {noun} {name} has no revision '{revision}'") from None
    except errors.RemoteEntryNotFoundError as error:
        missing = "there is no such file" if file else f"a file is missing ({_first_line(error)})"
        raise MatchZooError(f"{at}: {missing} in the repository of the {noun}") from None
    except errors.HFValidationError as error:
        raise MatchZooError(f"{repo}expected owner/name, got {name!r} ({error})") from None
    except errors.HfHubHTTPError as error:
        status = _status(error)
        fault = "the Hub has a fault of its own" if (status or 0) >= 500 else _first_line(error)
        again = "" if status in (401, 403) else f"; nothing was changed: {doing} again"
        raise MatchZooError(f"{at}: the {doing} failed ({status}): {DENIED.get(status or 0, fault)}{again}") from None
    except UnicodeEncodeError:
        from huggingface_hub import constants

        raise MatchZooError(
            f"{at}: the {doing} failed here: the token that is stored in {constants.HF_TOKEN_PATH} holds a character "
            f"that no token has: hf auth login, then {doing} again"
        ) from None
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled, errors.HTTPError, OSError) as error:
        if isinstance(error, OSError) and _is_ours(error):
            raise MatchZooError(f"{at}: the {doing} failed here: {_ours(error)}; then {doing} again") from None
        known = remedy or (
            f"{doing} again where it can be reached (with HF_HUB_OFFLINE=1 what was fetched before is read)"
        )
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            known = (
                "if a proxy of yours signs what comes, set SSL_CERT_FILE to a file with its certificate (the client "
                f"does not read REQUESTS_CA_BUNDLE); else {known}"
            )
        raise UnreachableError(
            f"{at}: the Hub cannot be reached, or the connection broke ({type(error).__name__}: "
            f"{_first_line(error)}), or HF_HUB_OFFLINE is set; nothing was changed: {known}"
        ) from None


def _is_ours(error: OSError) -> bool:
    """Whether it is a fault of this machine, not of the way to another."""
    if isinstance(error, ConnectionError | TimeoutError | socket.gaierror | ssl.SSLCertVerificationError):
        return False
    return error.errno is not None and error.errno not in NETWORK


def _ours(error: OSError) -> str:
    """A fault of this machine with its remedy: the cache is blamed for what happens to files in it, or to one that has
    no name."""
    from huggingface_hub import constants

    if isinstance(error, ssl.SSLError):
        return (
            f"certificates cannot be read ({error.strerror}): unset SSL_CERT_FILE and SSL_CERT_DIR, or set them right"
        )
    path = str(error.filename or "")
    where = f" ({path})" if path else ""
    if error.errno in MANY:
        return f"{error.strerror}: close some, or raise the limit (ulimit -n)"
    if path and not _touches(path, constants.HF_HUB_CACHE):
        home = f"set HF_HOME (now {constants.HF_HOME}) to a folder of yours"
        return f"{error.strerror}{where}: {home if _touches(path, constants.HF_HOME) else 'see to that file'}"
    if error.errno in FULL:
        return f"{error.strerror}{where}: free some, or set HF_HUB_CACHE to a folder on another disk"
    return f"{error.strerror}{where}: set HF_HUB_CACHE (now {constants.HF_HUB_CACHE}) to a folder that can be written"


def _touches(path: str, folder: str) -> bool:
    """Whether a path lies in a folder, or the folder in it."""
    one, other = Path(path).absolute(), Path(folder).absolute()
    return one.is_relative_to(other) or other.is_relative_to(one)


def _status(error: Any) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _first_line(error: Exception) -> str:
    """The first line of an error without the token, should the client show it or the other side have sent it back."""
    from huggingface_hub import get_token

    reason, token = (str(error).splitlines() or [""])[0], get_token()
    reason = re.sub(r"Bearer [^'\"]*", "Bearer …", reason)
    return (reason.replace(token, "…") if token else reason)[:200]
