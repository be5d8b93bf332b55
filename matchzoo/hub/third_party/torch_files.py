"""Sets in files of torch: their tensors as images in [0, 1] and as labels."""

from collections.abc import Sequence
from pathlib import Path

import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.hub.folders.set_schema import SetFields
from matchzoo.hub.folders.validation import SUM, check
from matchzoo.hub.third_party.stored_sets import shown, stored_set
from matchzoo.hub.third_party.tensor_form import TensorForm

SAID = "give them with class_names (--class-names FILE)"
ROUNDING = 1e-4
"""How far pixels of an undone normalization are outside of [0, 1] by rounding alone."""


def read_torch(path: Path, names: tuple[str, ...], form: TensorForm) -> SetFields:
    """The set of a file of torch, without gradients.

    Args:
        path: a ``.pt`` or ``.pth``; of one that is called ``images…`` and holds images alone, labels are read of
            ``labels…`` beside it.
        names: of the classes in label order; empty if nobody says them.
        form: what the file does not say of itself.

    Raises:
        MatchZooError: it holds no set, or one that has to be chosen or converted; with what was found and the remedy.
    """
    stored_images, stored_labels = stored_set(path, form.experiment)
    try:
        images = unit_images(stored_images, form)
        labels = class_labels(stored_labels, form.logits)
        count = labels.shape[1] if labels.ndim == 2 else int(labels.max()) + 1
        if not names and not 1 <= count <= max(len(labels), labels.numel()) * 1000:
            raise MatchZooError(f"labels up to {count - 1}; {SAID}")
        classes = names or tuple(map(str, range(count)))
        check(images, labels, classes)
    except MatchZooError as error:
        raise MatchZooError(f"{path}: {error}") from None
    return SetFields(images, labels, classes, named=bool(names))


def unit_images(stored: torch.Tensor, form: TensorForm) -> torch.Tensor:
    """Images [m, c, h, w] float32 in [0, 1].

    Args:
        stored: [m, c, h, w], [m, h, w, c] or [m, h, w], bytes or numbers as ``form`` says.
        form: normalization and range that are undone, and whether what is left outside is clamped.

    Raises:
        MatchZooError: values are outside of [0, 1], with what they look like and how to say it.
    """
    images = _channels_first(stored)
    if images.dtype == torch.uint8:
        if form.range is not None or form.mean:
            raise MatchZooError("images are bytes, of 0 to 255 as they are; leave out range, mean and std")
        return images.contiguous().float() / 255

    images = images.float()
    if form.mean:
        images = images * _per_channel(form.std, "std", images) + _per_channel(form.mean, "mean", images)
    if form.range is not None:
        low, high = form.range
        images = (images - low) / (high - low)

    if not torch.isfinite(images).all():
        raise MatchZooError("images have values that are no finite numbers; make the set again")
    outside = torch.maximum(-images, images - 1)
    if form.clamp or outside.max() <= ROUNDING:
        return images.clamp(0, 1).contiguous()
    share = 100 * (outside > 0).float().mean().item()
    low, high = images.min().item(), images.max().item()
    raise MatchZooError(
        f"images have values from {low:.4g} to {high:.4g}, expected [0, 1] ({share:.3g} % are outside); "
        f"{_remedy(low, high, form, images.shape[1])}"
    )


def class_labels(stored: torch.Tensor, logits: bool = False) -> torch.Tensor:
    """Labels [m] int64, or probabilities [m, c] float32.

    Args:
        stored: [m] or [m, 1] whole numbers of any type; [m, c] one-hot rows of whole numbers, probabilities or logits.
        logits: whether [m, c] are logits, of which the softmax is taken.

    Raises:
        MatchZooError: they are neither, with how to say what they are.
    """
    labels = stored[:, 0] if stored.ndim == 2 and stored.shape[1] == 1 else stored
    if labels.ndim not in (1, 2) or labels.numel() == 0 or labels.is_complex():
        raise MatchZooError(f"labels: expected [m] or [m, c], got {shown(stored)}")

    if labels.ndim == 1:
        if logits:
            raise MatchZooError("logits: its labels are a number an image, and no logits; leave it out")
        if labels.is_floating_point() and not (labels == labels.round()).all():
            raise MatchZooError(f"labels: expected whole numbers [m] or probabilities [m, c], got {shown(stored)}")
        return labels.long().contiguous()

    if not labels.is_floating_point() and not logits:
        if not ((labels == 0) | (labels == 1)).all() or not (labels.sum(1) == 1).all():
            raise MatchZooError(f"labels: expected a single 1 in each row of whole numbers, got {shown(stored)}")
        return labels.long().argmax(1)

    values = labels.float().softmax(1) if logits else labels.float().contiguous()
    sums = values.sum(1)
    if torch.isfinite(values).all() and (values.min() < 0 or (sums - 1).abs().max() > SUM):
        centered = "; rows that sum to 0 may be one-hot labels less their mean (KIP, FRePo), which are no logits"
        raise MatchZooError(
            f"labels: expected probabilities that sum to 1, got values from {values.min():.4g} to {values.max():.4g} "
            f"and sums from {sums.min():.4g} to {sums.max():.4g}; if they are logits, say so (--logits, logits=True), "
            f"and their softmax is taken{centered if sums.abs().max() < SUM else ''}"
        )
    return values


def _remedy(low: float, high: float, form: TensorForm, channels: int) -> str:
    """What values outside of [0, 1] look like, and how that is said."""
    if form.mean or form.range is not None:
        return "that is after range, mean and std: if these are right, clamp the rest (--clamp, clamp=True)"
    if low >= 0 and 2 < high <= 255:
        return "if white is 255, say so (--range 0 255, range=(0, 255))"
    if -1 <= low < -0.5 and high <= 1:
        return "if black is -1, say so (--range -1 1, range=(-1, 1))"
    if low >= -0.1 and high <= 1.1:
        return "so little can be clamped (--clamp, clamp=True)"
    example = (
        "--mean 0.1307 --std 0.3081" if channels == 1 else "--mean 0.4914 0.4822 0.4465 --std 0.2023 0.1994 0.2010"
    )
    return (
        f"a normalization is undone by its mean and std (such as {example}; mean=…, std=…), and what learned images "
        "have outside then is clamped (--clamp, clamp=True)"
    )


def _per_channel(values: Sequence[float], name: str, images: torch.Tensor) -> torch.Tensor:
    """Values [c, 1, 1] or [1, 1, 1]."""
    if len(values) not in (1, images.shape[1]):
        raise MatchZooError(f"{name}: expected a number for each of {images.shape[1]} channels, got {len(values)}")
    return torch.tensor(values)[:, None, None]


def _channels_first(images: torch.Tensor) -> torch.Tensor:
    """Images [m, c, h, w] of any order that the number of channels tells."""
    shape = images.shape
    if images.ndim == 3:
        return images[:, None]
    if images.ndim == 4 and shape[3] in (1, 3) and shape[1] not in (1, 3):
        return images.permute(0, 3, 1, 2)
    if images.ndim != 4 or shape[1] not in (1, 3):
        raise MatchZooError(f"images: expected [m, 3, h, w] or [m, 1, h, w], got {shown(images)}")
    return images
