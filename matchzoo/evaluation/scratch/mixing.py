"""Mixtures of the images of a batch and of their labels."""

import torch


def mixup(
    images: torch.Tensor, labels: torch.Tensor, share: float, partners: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Each image and its label as ``share`` of themselves and the rest of a partner's.

    Source: Zhang et al., mixup: beyond empirical risk minimization, ICLR 2018.

    Examples:
        >>> images, labels = torch.tensor([0.0, 1.0]).reshape(2, 1, 1, 1), torch.eye(2)
        >>> mixup(images, labels, 0.75, torch.tensor([1, 0]))[0].flatten()
        tensor([0.2500, 0.7500])

    Args:
        images: [n, c, h, w].
        labels: probabilities [n, classes].
        share: λ in [0, 1].
        partners: rows [n].
    """
    rest = 1 - share
    return share * images + rest * images[partners], share * labels + rest * labels[partners]


def cutmix(
    images: torch.Tensor,
    labels: torch.Tensor,
    share: float,
    partners: torch.Tensor,
    center: tuple[float, float] = (0.5, 0.5),
) -> tuple[torch.Tensor, torch.Tensor]:
    """Each image with a rectangle of a partner's; labels are mixed by the areas that are seen.

    The rectangle has the shape of the image and 1 - ``share`` of its area, less what lies outside the image.

    Source: Yun et al., CutMix: regularization strategy to train strong classifiers, ICCV 2019.

    Args:
        images: [n, c, h, w].
        labels: probabilities [n, classes].
        share: λ in [0, 1].
        partners: rows [n].
        center: of the rectangle, down and across, shares of the sides.
    """
    spans = []
    for length, middle in zip(images.shape[2:], center, strict=True):
        side, place = int(length * (1 - share) ** 0.5), int(length * middle)
        low = place - side // 2
        spans.append((min(max(low, 0), length), min(max(low + side, 0), length)))
    (top, bottom), (left, right) = spans
    mixed = images.clone()
    mixed[:, :, top:bottom, left:right] = images[partners][:, :, top:bottom, left:right]
    seen = 1 - (bottom - top) * (right - left) / (images.shape[2] * images.shape[3])
    return mixed, seen * labels + (1 - seen) * labels[partners]


def mixed(
    images: torch.Tensor, labels: torch.Tensor, rng: torch.Generator, mixup_alpha: float, cutmix_alpha: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """A batch that is mixed once: a share λ from Beta(α, α) and partners by a permutation; of two ways that there are
    one, each half of the time.

    Args:
        images: [n, c, h, w].
        labels: probabilities [n, classes].
        rng: what draws, on the CPU.
        mixup_alpha: α of `mixup`; 0 for none.
        cutmix_alpha: α of `cutmix`; 0 for none.
    """
    if not mixup_alpha and not cutmix_alpha:
        return images, labels
    u = torch.rand(3, generator=rng)
    by_cut = bool(u[0] < 0.5) if mixup_alpha and cutmix_alpha else bool(cutmix_alpha)
    alpha = cutmix_alpha if by_cut else mixup_alpha
    draws = torch._standard_gamma(torch.full((2,), alpha, dtype=torch.float64), generator=rng)
    share = float(draws[0] / draws.sum().clamp_min(1e-300))
    partners = torch.randperm(len(images), generator=rng).to(images.device)
    if by_cut:
        return cutmix(images, labels, share, partners, (float(u[1]), float(u[2])))
    return mixup(images, labels, share, partners)
