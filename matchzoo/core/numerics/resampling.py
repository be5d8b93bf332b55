"""Bilinear resampling of images along their axes: enlarging and cropping.

A resampling that treats rows and columns apart is two matrix products, Y = A X Bᵀ, and so is its backward pass. On a
GPU torch's own kernels add every pixel's gradient to the pixels it came from one by one, in an order that changes;
matrix products do not, so they are faster there and the same in every run. On a CPU torch's kernels are faster.
"""

import torch
import torch.nn.functional as F

from matchzoo.core.errors import MatchZooError


def center_crop(images: torch.Tensor, size: int) -> torch.Tensor:
    """The center of images [n, c, h, w]: [n, c, size, size]; those of that size are returned as they are.

    Raises:
        MatchZooError: the images are smaller.
    """
    height, width = images.shape[2:]
    if (height, width) == (size, size):
        return images
    if height < size or width < size:
        raise MatchZooError(f"images: expected at least {size}x{size} pixels, got {height}x{width}; enlarge them first")

    top, left = (height - size) // 2, (width - size) // 2
    return images[:, :, top : top + size, left : left + size]


def enlarge(images: torch.Tensor, size: int) -> torch.Tensor:
    """Images [n, c, h, w] → [n, c, size, size], bilinear, align_corners=False, no antialiasing."""
    if not images.is_cuda:
        return F.interpolate(images, size=(size, size), mode="bilinear", align_corners=False)
    return stretched(images, size)


def stretched(images: torch.Tensor, size: int) -> torch.Tensor:
    """`enlarge` by matrix products: [n, c, h, w] to [n, c, size, size]."""
    pixels = torch.arange(size, device=images.device, dtype=images.dtype) + 0.5
    rows, columns = (taps((pixels * (side / size) - 0.5).clamp(0, side - 1), side) for side in images.shape[2:])
    return rows @ images @ columns.T


def frames(
    images: torch.Tensor,
    left: torch.Tensor,
    top: torch.Tensor,
    width: torch.Tensor,
    height: torch.Tensor,
    flipped: torch.Tensor,
    size: tuple[int, int],
) -> torch.Tensor:
    """A frame of every image, bilinear without antialiasing; black outside the image.

    Args:
        images: [n, c, h, w].
        left, top, width, height: [n], of the frames, shares of the image.
        flipped: [n], 1 where left and right change places, else 0.
        size: height and width of the result.

    Returns:
        [n, c, *size].
    """
    across, down = width * (1 - 2 * flipped), height
    right, below = 2 * left + width - 1, 2 * top + height - 1
    if not images.is_cuda:
        theta = torch.zeros(len(images), 2, 3, dtype=images.dtype, device=images.device)
        theta[:, 0, 0], theta[:, 0, 2] = across, right
        theta[:, 1, 1], theta[:, 1, 2] = down, below
        grid = F.affine_grid(theta, [len(images), images.shape[1], *size], align_corners=False)
        return F.grid_sample(images, grid, padding_mode="zeros", align_corners=False)
    return sampled(
        images, places(down, below, size[0], images.shape[2]), places(across, right, size[1], images.shape[3])
    )


def places(factor: torch.Tensor, offset: torch.Tensor, size: int, side: int) -> torch.Tensor:
    """Where pixels of a frame lie, [n, size], in pixels of an image of ``side``: ``factor`` · x + ``offset`` [n], for
    x from -1 to 1 over the frame, is from -1 to 1 over the image."""
    x = (2 * torch.arange(size, device=factor.device, dtype=factor.dtype) + 1) / size - 1
    return ((factor[:, None] * x + offset[:, None] + 1) * side - 1) / 2


def sampled(images: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """Images [n, c, h, w] at rows [n, r] and columns [n, s], in pixels, bilinear, black outside: [n, c, r, s]."""
    n, c, h, w = images.shape
    wide = (images.reshape(n, c * h, w) @ taps(columns, w).mT).view(n, c, h, -1)
    return taps(rows, h)[:, None] @ wide


def taps(places: torch.Tensor, side: int) -> torch.Tensor:
    """Weights [..., side] of the pixels of a line at places [...]: 1 − distance, and 0 from a pixel away."""
    pixels = torch.arange(side, device=places.device, dtype=places.dtype)
    return (1 - (places[..., None] - pixels).abs()).clamp_min(0)
