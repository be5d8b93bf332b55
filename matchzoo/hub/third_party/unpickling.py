"""Files of torch, of which nothing is executed: tensors, numbers, texts, lists and tables, and arrays of numpy.

They are read with ``weights_only=True``. What numpy writes into a pickle (its types, numbers and arrays) is met by the
stand-ins of this module, which take bytes and make nothing but numbers of them.
"""

import math
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from matchzoo.core.errors import MatchZooError

REMEDY = "ask for tensors, or save them yourself: torch.save((images, labels), PATH)"
_GLOBAL = re.compile(r"GLOBAL ([\w.]*\w)")
"""What torch's message calls an object that it does not make."""
_NUMBER = re.compile(r"[<>=|]?([biuf]\d{1,2}|\?)")
"""Types of numpy that are numbers."""


class StoredType:
    """What ``numpy.dtype`` is in a pickle."""

    def __init__(self, code: str, *_: Any) -> None:
        self.code, self.order = code, "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = state[1] if state[1] in ("<", ">") else "="

    def dtype(self) -> np.dtype[Any]:
        """The type; raises unless it is one of numbers."""
        if not isinstance(self.code, str) or not _NUMBER.fullmatch(self.code):
            raise MatchZooError(f"an array of numpy's type {self.code!a:.20}, which is none of numbers")
        return np.dtype(self.code).newbyteorder(self.order)  # type: ignore[arg-type]


class StoredArray:
    """What an array of numpy is in a pickle: bytes, of which `tensor` makes numbers."""

    shape: tuple[int, ...] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, self._dtype, self._columns_first, self._content = state
        self.shape = tuple(map(int, shape))

    def tensor(self) -> torch.Tensor:
        """Its values […]; raises where bytes, type and shape do not agree."""
        dtype = self._dtype.dtype() if isinstance(self._dtype, StoredType) else np.dtype("u1")
        if not isinstance(self._content, bytes) or math.prod(self.shape) * dtype.itemsize != len(self._content):
            raise MatchZooError("an array of numpy whose bytes are not those of its shape")
        array = np.frombuffer(self._content, dtype).reshape(self.shape, order="F" if self._columns_first else "C")
        return torch.from_numpy(np.ascontiguousarray(array, dtype.newbyteorder("=")).copy())


def _array(*_: Any) -> StoredArray:
    return StoredArray()


def _scalar(dtype: StoredType, content: bytes) -> Any:
    return np.frombuffer(content, dtype.dtype())[0].item()


_STAND_INS: list[Any] = [(StoredType, "numpy.dtype"), (StoredArray, "numpy.ndarray")]
for _core in ("numpy.core.multiarray", "numpy._core.multiarray"):
    _STAND_INS += [(_array, f"{_core}._reconstruct"), (_scalar, f"{_core}.scalar")]


def content_of(path: Path) -> Any:
    """What a file of torch holds; arrays of numpy as `StoredArray`.

    Raises:
        MatchZooError: it holds objects of other kinds, which are not made, or is damaged; with the remedy.
    """
    _refuse_unpacked(path)
    try:
        with torch.serialization.safe_globals(_STAND_INS), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of pickle protocols: what cannot be read is an error
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever the unpickler meets; it makes nothing but tensors and plain values
        name = _GLOBAL.search(str(error))
        if isinstance(error, MatchZooError):
            reason = f"holds {error}"
        elif name is not None:
            reason = f"holds more than tensors, numbers, texts, lists and tables: an object of {name[1]}"
        elif isinstance(error, OSError):
            reason = f"cannot be read ({error.strerror or 'no file of torch'})"
        else:
            reason = "is damaged, or no file of torch"
        raise MatchZooError(f"{path}: {reason}; it was not unpickled; {REMEDY}") from None


def _refuse_unpacked(path: Path) -> None:
    """Raise if an archive would unpack to more than it is: torch stores its tensors as they are."""
    try:
        with zipfile.ZipFile(path) as archive:
            total = sum(entry.file_size for entry in archive.infolist())
    except (OSError, zipfile.BadZipFile):
        return
    if total > path.stat().st_size:
        raise MatchZooError(f"{path}: would unpack to {total} bytes, more than the file has; ask for plain tensors")
