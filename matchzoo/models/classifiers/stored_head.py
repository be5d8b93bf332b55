"""The head that may travel with a distilled set: a linear classifier of all the data, for classifier inheritance."""

import math
from pathlib import Path
from typing import Any

import attrs
import torch
from safetensors import SafetensorError, safe_open

from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage import files

NAME = "head.safetensors"


@attrs.frozen(eq=False, kw_only=True)
class Head:
    """A linear classifier that was trained on all training images in the space of one backbone.

    Attributes:
        weight: [c, d] float32, rows in the order of the set's class names.
        bias: [c] float32.
        backbone: the card of its space.
        top1: its accuracy there on the test set, in percent; None if that is not known.
    """

    weight: torch.Tensor
    bias: torch.Tensor
    backbone: str
    top1: float | None = None

    @property
    def bytes(self) -> int:
        """As it is stored: 4 · c · (d + 1)."""
        return self.weight.nbytes + self.bias.nbytes

    def check(self, classes: int) -> None:
        """Raise a `MatchZooError` where it is no finite float32 head of so many classes."""
        _shapes({name: (list(x.shape), str(x.dtype)) for name, x in self._tensors().items()}, classes)
        if not all(bool(x.isfinite().all()) for x in self._tensors().values()):
            raise MatchZooError("head: some of its values are no finite numbers; train it again")
        if not isinstance(self.backbone, str) or not self.backbone:
            raise MatchZooError(f"head: expected the name of its backbone's card, got {self.backbone!r:.80}")
        known = isinstance(self.top1, int | float) and not isinstance(self.top1, bool) and 0 <= self.top1 <= 100
        if self.top1 is not None and not known:
            raise MatchZooError(f"head: top1: expected percent, got {self.top1!r:.80}")

    def about(self) -> dict[str, Any]:
        """What ``metrics.json`` says of it."""
        return {"shape": list(self.weight.shape), "bytes": self.bytes, "backbone": self.backbone, "top1": self.top1}

    def write(self, path: Path) -> None:
        """Write the tensors ``weight`` and ``bias``."""
        files.write_tensors(path, {name: x.contiguous() for name, x in self._tensors().items()})

    @classmethod
    def read(cls, path: Path, about: Any, classes: int) -> "Head":
        """Read and check what `write` wrote; shapes and sizes are compared before anything is read.

        Args:
            path: of the file, whose hash has been compared.
            about: what ``metrics.json`` says of it.
            classes: c.

        Raises:
            MatchZooError: it is not that, or not a head of so many classes.
        """
        try:
            with safe_open(path, "pt") as file:
                if sorted(file.keys()) != ["bias", "weight"]:
                    raise MatchZooError(f"{NAME}: expected the tensors weight and bias, got {sorted(file.keys())}")
                parts = {name: file.get_slice(name) for name in ("weight", "bias")}
                kinds = {"F32": "torch.float32"}
                facts = {
                    k: (list(x.get_shape()), kinds.get(x.get_dtype(), str(x.get_dtype()))) for k, x in parts.items()
                }
                _shapes(facts, classes)
                if sum(4 * math.prod(shape) for shape, _ in facts.values()) > path.stat().st_size:
                    raise MatchZooError(f"{NAME}: declares more than the file holds; fetch or make it again")
                weight, bias = file.get_tensor("weight"), file.get_tensor("bias")
        except (ValueError, RecursionError, SafetensorError) as error:
            if isinstance(error, MatchZooError):
                raise
            raise MatchZooError(f"{NAME}: cannot be read as safetensors ({str(error)[:200]})") from None
        about = about if isinstance(about, dict) else {}
        head = cls(weight=weight, bias=bias, backbone=about.get("backbone", ""), top1=about.get("top1"))
        head.check(classes)
        if head.about() != about:
            raise MatchZooError(
                f"{NAME}: it is {head.about()}, metrics.json says {about!r:.200}; fetch or make it again"
            )
        return head

    def _tensors(self) -> dict[str, torch.Tensor]:
        return {"weight": self.weight, "bias": self.bias}


def _shapes(said: dict[str, tuple[list[int], str]], classes: int) -> None:
    (shape, _), (bias, _) = said["weight"], said["bias"]
    right = len(shape) == 2 and shape[0] == classes and shape[1] > 0 and bias == [classes]
    if not right or any(kind != "torch.float32" for _, kind in said.values()):
        got = ", ".join(f"{name} {kind.removeprefix('torch.')} {size}" for name, (size, kind) in said.items())
        raise MatchZooError(f"head: expected float32 weight [{classes}, d] and bias [{classes}], got {got}")
