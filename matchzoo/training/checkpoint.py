"""Checkpoints: all that a run needs to go on, whole or not at all, the last k kept."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage import files


@attrs.frozen
class Checkpoint:
    """The state after a step: its number, tensors by name, and scalars."""

    step: int
    tensors: dict[str, torch.Tensor]
    scalars: dict[str, Any]


@attrs.frozen
class Checkpoints:
    """The checkpoints of a run, one folder each: ``step-00000120/`` with ``state.safetensors`` and ``state.json``."""

    folder: Path
    keep: int

    def save(self, step: int, tensors: Mapping[str, torch.Tensor], scalars: Mapping[str, Any]) -> None:
        """Write the state after a step and drop the oldest beyond ``keep``."""

        def write(folder: Path) -> None:
            files.write_tensors(folder / "state.safetensors", tensors)
            digest = _hash(folder / "state.safetensors")
            files.write_json(folder / "state.json", {"step": step, "sha256": digest, "scalars": dict(scalars)})

        self.folder.mkdir(parents=True, exist_ok=True)
        files.write_folder(self.folder / f"step-{step:08d}", write)
        for old in self._all()[self.keep :]:
            shutil.rmtree(old)

    def latest(self) -> tuple[Checkpoint | None, list[str]]:
        """The newest intact checkpoint, if any, and what was wrong with newer ones."""
        if self.folder.is_dir():
            files.sweep(self.folder)
        broken: list[str] = []
        for folder in self._all():
            try:
                return self._read(folder), broken
            except (OSError, ValueError, KeyError, TypeError, RecursionError, SafetensorError, MatchZooError) as error:
                broken.append(f"{folder.name} cannot be used ({error})")
        return None, broken

    def steps(self) -> list[int]:
        """The steps after which the state is kept, ascending."""
        return sorted(int(folder.name.removeprefix("step-")) for folder in self._all())

    def read(self, step: int) -> Checkpoint:
        """The state after a step; a `MatchZooError` where none is kept, or it is damaged."""
        folder = self.folder / f"step-{step:08d}"
        if not folder.is_dir():
            kept = ", ".join(map(str, self.steps())) or "none"
            message = "set trainer.checkpoint_every and trainer.keep before the run"
            raise MatchZooError(f"{self.folder}: no checkpoint of step {step} is kept ({kept}); {message}")
        try:
            return self._read(folder)
        except (OSError, ValueError, KeyError, TypeError, RecursionError, SafetensorError, MatchZooError) as error:
            raise MatchZooError(f"{folder}: cannot be used ({error})") from None

    def _all(self) -> list[Path]:
        return sorted(self.folder.glob("step-*"), reverse=True)

    @staticmethod
    def _read(folder: Path) -> Checkpoint:
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        if _hash(folder / "state.safetensors") != state["sha256"]:
            raise MatchZooError("its tensors are damaged")
        if f"step-{state['step']:08d}" != folder.name:
            raise MatchZooError(f"it says that it is of step {state['step']}")
        return Checkpoint(state["step"], load_file(folder / "state.safetensors"), state["scalars"])


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def optimizer_tensors(prefix: str, optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """The state of an optimizer as tensors named ``prefix/parameter/entry``; hyper-parameters are the recipe's."""
    state = optimizer.state_dict()["state"]
    return {
        f"{prefix}/{index}/{name}": value
        for index, entries in state.items()
        for name, value in entries.items()
        if isinstance(value, torch.Tensor)
    }


def load_optimizer(prefix: str, optimizer: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor]) -> None:
    """Put the tensors of `optimizer_tensors` back into a fresh optimizer of the same parameters."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith(f"{prefix}/"):
            index, entry = name.removeprefix(f"{prefix}/").split("/")
            state.setdefault(int(index), {})[entry] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
