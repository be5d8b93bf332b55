"""Images that are arrays already: a ``.npz`` or ``.safetensors`` file."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open

from matchzoo.core.class_names import check_names, sort_names
from matchzoo.core.declaration.declare import declare
from matchzoo.core.declaration.validators import at_least, between
from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.numerics.luminance import luminance
from matchzoo.core.showing.progress import note
from matchzoo.data.data import Data, Loaded
from matchzoo.data.reading.array_names import parts_of_arrays
from matchzoo.data.reading.looks import some_rows, tell_alike, tell_range
from matchzoo.data.reading.numbering import UNLABELED, check_numbering
from matchzoo.data.reading.rasters import UINT16, Range, black_and_white, check_range, in_range
from matchzoo.data.reading.splits import assign
from matchzoo.data.reading.store import Stored, budget, by_row, key_of
from matchzoo.data.split import Split, stratified

SUM = 1e-3
"""How far the probabilities of an image may be from a sum of 1."""
Layout = Literal["auto", "nhw", "nhwc", "nchw"]


@declare("arrays")
class Arrays(Data):
    """``images`` and ``labels`` of one file and, for testing, ``test_images`` and ``test_labels``; else a share.

    Arrays may be called as people call them: ``train_images`` and ``val_labels`` (as MedMNIST has them), ``x_train``
    and ``y_test`` (`matchzoo.data.reading.array_names`). Test goes before validation, and a part with labels before one
    without; what is left out is told.

    Images are [n, h, w], [n, h, w, c] or [n, c, h, w] with 1 or 3 channels: uint8, uint16, floating-point in [0, 1], or
    any other numbers with a ``range``; integers become bytes. Labels are whole numbers from 0, [n] or [n, 1], or text,
    or probabilities [n, classes], of which the most probable class is taken.
    ``class_names`` is an array of text in a ``.npz`` and a JSON list in the metadata of a ``.safetensors``; without it,
    classes are called by their numbers. So a distilled set can be read back: its file is ``images.safetensors`` in the
    folder ``distilled`` of a run, and with ``test_share = 0`` all of it is training samples.
    """

    path: str
    """The file; ``~`` is the home folder."""
    layout: Layout = "auto"
    """Order of the dimensions, for images that could be read in two ways."""
    size: int | None = attrs.field(default=None, validator=at_least(2))
    """Pixels a side; those of the images if not given."""
    channels: Literal[1, 3] = 3
    """1 for gray, 3 for color; gray images are repeated, color becomes gray."""
    range: Range = attrs.field(default="type", validator=check_range)
    """Which values are black and white, of all numbers but uint8: [low, high]; "type", 0 to 65535 of uint16 and 0 to 1
    of floating-point numbers (other types, and numbers beyond, are refused); "auto", the least and the largest value of
    the array of training images; "image", those of every image by itself. Values beyond the range are clipped."""
    test_share: float = attrs.field(default=0.2, validator=between(0, 1, open_high=True))
    """Share of every class that is kept for testing, where there are no test images; 0 for no test part."""
    split_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of the split."""

    def load(self) -> Loaded:
        """Read the file; raises where an array is not as expected."""
        path = Path(self.path).expanduser()
        content, names = _read(path)
        self.found: tuple[float, float] | None = None
        parts = parts_of_arrays(content, path)
        assigned = assign(parts, path, lambda part: _is_labeled(content, parts[part]))
        if assigned.train is None:
            raise MatchZooError(
                f"{path}: expected images and labels, also as train_images, x_train, test_images, …; it holds "
                f"{', '.join(content) or 'nothing'}"
            )
        for line in assigned.notes():
            note(f"{path}: {line}")

        used = [parts[part] for part in (assigned.train, assigned.test) if part is not None]
        names = names or _text_names(content, used)
        train, *others = (self._part(path, content, part, names) for part in used)
        test = others[0] if others else None
        tell_alike(f"{path}: {used[0]['images']}", train[0][some_rows(torch.arange(len(train[0])))])
        check_numbering(train[1], f"{path}: {used[0]['labels']}", len(names) or None)
        highest = max(int(labels.max()) for _, labels in (train, *others))
        names = names or tuple(map(str, range(highest + 1)))
        if len(names) <= highest:
            raise MatchZooError(f"{path}: labels go up to {highest}, but there are {len(names)} class names")
        if test is not None:
            if train[0].shape[1:] != test[0].shape[1:]:
                shapes = [tuple(images.shape[1:]) for images, _ in (train, test)]
                raise MatchZooError(f"{path}: images are {shapes[0]}, test images {shapes[1]}; give data.size")
            return Loaded(held(*train), held(*test), names)
        if self.test_share == 0:
            return Loaded(held(*train), None, names)

        first, second = stratified(train[1], self.test_share, self.split_seed, names)
        return Loaded(held(*train, rows=first), held(*train, rows=second), names)

    def _part(
        self, path: Path, content: Mapping[str, Any], part: Mapping[str, str], names: tuple[str, ...]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Images [n, c, h, w] and labels [n] of a part, whose arrays are called as it says."""
        for role, other in (("images", "labels"), ("labels", "images")):
            if role not in part:
                raise MatchZooError(f"{path}: there are no {role} for '{part[other]}'; it holds {', '.join(content)}")
        images = _images(path, part["images"], content[part["images"]], self.layout)
        images = self._ranged(f"{path}: {part['images']}", images)
        labels = _labels(path, part["labels"], content[part["labels"]], names, len(images))
        return resized(images, self.size, self.channels, path.name), labels

    def _ranged(self, where: str, images: torch.Tensor) -> torch.Tensor:
        """Images [n, c, h, w] of any numbers as uint8 or float32 in [0, 1]."""
        if images.dtype == torch.uint8:
            return images
        values = images.numpy()
        if self.range == "auto" and self.found is None:
            self.found = black_and_white(values, "auto", where)
        chosen = self.found or self.range
        if self.range != "auto" and (values.dtype == UINT16 or chosen != "type"):
            some = values[some_rows(torch.arange(len(values))).numpy()]
            extents = [(float(image.min()), float(image.max())) for image in some]
            tell_range(where, extents, chosen, lambda found: f'say data.range = {found}, or "auto"')
        return torch.from_numpy(in_range(values, chosen, where))

    def origin(self) -> dict[str, Any]:
        """The range that ``"auto"`` has found."""
        return {} if self.found is None else {"range": list(self.found)}


def held(images: torch.Tensor, labels: torch.Tensor, rows: torch.Tensor | None = None) -> Split:
    """A split of some rows [k] of images [n, c, h, w] and labels [n]: in memory within the budget, else (if they
    are stored) mapped."""
    large = len(images if rows is None else rows) * images[0].numel() * images.element_size() > budget()
    return Split(images, labels if rows is None else labels[rows], rows=rows, mapped=large)


def resized(images: torch.Tensor, size: int | None, channels: int, title: str) -> torch.Tensor:
    """Images [n, channels, size, size] of images [n, c, h, w], uint8 or float in [0, 1].

    Square images are resized bicubically with antialiasing. Bytes that would pass the budget are kept in the store.
    """
    height, width = images.shape[2:]
    if height != width:
        raise MatchZooError(f"{title}: expected square images, got {height}x{width}; crop or pad them")
    side = size or height
    if side == height and images.shape[1] == channels:
        return images

    def make(rows: slice) -> torch.Tensor:
        values = images[rows].float() / (255 if images.dtype == torch.uint8 else 1)
        if images.shape[1] == 3 and channels == 1:
            values = luminance(values)
        if side != height:
            values = F.interpolate(values, size=(side, side), mode="bicubic", antialias=True).clamp(0, 1)
        values = values.expand(-1, channels, -1, -1)
        return (values * 255).round().to(torch.uint8) if images.dtype == torch.uint8 else values

    shape = (channels, side, side)
    if images.dtype == torch.uint8 and len(images) * channels * side * side > budget():
        content = hashlib.sha256(images.contiguous().numpy().data).hexdigest()
        key = key_of(content, list(images.shape), shape)
        return Stored(key, len(images), shape, by_row(lambda row: make(slice(row, row + 1))[0].numpy()), title).open()
    return torch.cat([make(slice(i, i + 1024)) for i in range(0, len(images), 1024)])


def _read(path: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    if not path.is_file():
        raise MatchZooError(f"data.path: there is no file {path}")
    try:
        if path.suffix == ".npz":
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                content = {name: arrays[name] for name in arrays.files}
            return content, _names(path, content.pop("class_names", np.empty(0)).tolist())
        if path.suffix == ".safetensors":
            with safe_open(path, "pt") as tensors:
                names = json.loads((tensors.metadata() or {}).get("class_names", "[]"))
                return {name: tensors.get_tensor(name) for name in tensors.keys()}, _names(path, names)  # noqa: SIM118
    except MatchZooError:
        raise
    except Exception as error:  # unpacking damaged files raises whatever its parsers run into
        raise MatchZooError(f"{path}: cannot be read ({error or type(error).__name__})") from None
    raise MatchZooError(f"data.path: expected a .npz or .safetensors file, got {path}")


def _names(path: Path, found: Any) -> tuple[str, ...]:
    if not isinstance(found, list) or any(isinstance(name, list | dict) for name in found):
        raise MatchZooError(f"{path}: class_names: expected a list of names, got {str(found)[:80]!a}")
    names = tuple(map(str, found))
    if names:
        check_names(names)
    return names


def _tensor(path: Path, name: str, array: Any) -> torch.Tensor:
    try:
        return torch.as_tensor(array)
    except TypeError:
        raise MatchZooError(f"{path}: {name}: expected numbers, got {array.dtype}") from None


def _is_labeled(content: Mapping[str, Any], part: Mapping[str, str]) -> bool:
    """Whether a part has labels; labels that are all -1 are kept secret. One without images is wrong, and no matter."""
    labels = content.get(part.get("labels", ""))
    return "images" not in part or (labels is not None and not (labels == UNLABELED).all())


def _text_names(content: Mapping[str, Any], parts: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Names of the classes where labels are text; empty where they are numbers."""
    arrays = [content[part["labels"]] for part in parts if "labels" in part]
    if not arrays or not all(_is_text(array) for array in arrays):
        return ()
    names = sort_names(name for array in arrays for name in map(str, array.flatten().tolist()))
    check_names(names)
    return names


def _is_text(array: Any) -> bool:
    return isinstance(array, np.ndarray) and array.dtype.kind == "U"


def _labels(path: Path, name: str, array: Any, names: Sequence[str], count: int) -> torch.Tensor:
    """Labels [n] of an array of whole numbers (of any type), of text, or of probabilities."""
    if _is_text(array):
        places = {known: i for i, known in enumerate(names)}
        texts = array.flatten().tolist()
        unknown = next((text for text in texts if text not in places), None)
        if unknown is not None:
            raise MatchZooError(
                f"{path}: {name}: '{unknown}' is not one of the class names{did_you_mean(unknown, names)}"
            )
        array = np.array([places[text] for text in texts]).reshape(array.shape)

    labels = _tensor(path, name, array)
    if _are_probabilities(labels):
        labels = labels.argmax(1)
    if labels.dim() == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.is_floating_point() and bool((labels == labels.round()).all()):
        labels = labels.long()
    if labels.dim() != 1 or len(labels) != count or not _is_whole(labels) or int(labels.long().min()) < 0:
        several = "; several classes of an image at once are not read" if labels.dim() == 2 else ""
        raise MatchZooError(
            f"{path}: {name}: expected {count} whole numbers from 0, got {labels.dtype} of shape "
            f"{tuple(labels.shape)}{several}"
        )
    return labels.long()


def _are_probabilities(labels: torch.Tensor) -> bool:
    """Whether labels are [n, classes], each row a distribution, as of a distilled set with soft labels."""
    if labels.dim() != 2 or 0 in labels.shape or not labels.is_floating_point():
        return False
    sums = labels.double().sum(1)
    return bool((labels >= 0).all()) and bool(((sums - 1).abs() <= SUM).all())


def _is_whole(labels: torch.Tensor) -> bool:
    return not labels.is_floating_point() and not labels.is_complex() and labels.dtype != torch.bool


def _images(path: Path, name: str, array: Any, layout: Layout) -> torch.Tensor:
    """Images [n, c, h, w] of an array in any layout."""
    images = _tensor(path, name, array)
    shape = tuple(images.shape)
    fits = [
        known
        for known, holds in (
            ("nhw", len(shape) == 3),
            ("nhwc", len(shape) == 4 and shape[3] in (1, 3)),
            ("nchw", len(shape) == 4 and shape[1] in (1, 3)),
        )
        if holds and layout in ("auto", known)
    ]
    if not fits or 0 in shape:
        wanted = "[n, h, w], [n, h, w, c] or [n, c, h, w]" if layout == "auto" else f"[{', '.join(layout)}]"
        raise MatchZooError(f"{path}: {name}: expected {wanted} with 1 or 3 channels, got shape {shape}")
    if len(fits) > 1:
        raise MatchZooError(f"{path}: {name}: shape {shape} can be read in two ways; say data.layout: nhwc or nchw")
    if fits[0] == "nhw":
        images = images[:, None]
    elif fits[0] == "nhwc":
        images = images.permute(0, 3, 1, 2)
    if images.is_complex() or images.dtype == torch.bool:
        raise MatchZooError(f"{path}: {name}: expected integers or floating-point numbers, got {images.dtype}")
    if images.dtype == torch.bfloat16:  # which numpy does not know
        images = images.float()
    return images.contiguous()
