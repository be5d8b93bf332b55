"""What a notebook shows: images with their classes, tables and lines of text.

All that is shown lies inside the HTML, so it stays in a notebook that is saved and needs no network. Names of classes
may hold anything; they are escaped.
"""

import base64
import io
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from PIL import Image

from matchzoo.core.samples import class_indices
from matchzoo.core.showing import html

MOST = 40
"""Images that are shown of one set."""
SIDE = 96
"""Pixels a side that they are sent with at most; notebooks keep them."""


def labeled_images(images: torch.Tensor, labels: torch.Tensor, class_names: Sequence[str], about: Sequence[str]) -> str:
    """The HTML of labeled images, at most `MOST` of them, below some lines of text about them.

    Args:
        images: [m, c, h, w] in [0, 1].
        labels: [m] class indices, or probabilities [m, c].
        class_names: in label order.
        about: the lines.
    """
    classes = class_indices(labels)
    rows = first_of_each(classes, MOST)
    names = [class_names[label] for label in classes[rows].tolist()]
    hidden = [f"{len(rows)} of the {len(images)} images are shown"] if len(rows) < len(images) else []
    return lines([*about, *hidden]) + grid(images[rows], names)


def table(rows: list[list[str]], label: str) -> str:
    """The HTML of a table, the heading first; it scrolls where it is wider than the page."""
    return f'<div style="overflow-x:auto">{html.table(rows, label)}</div>'


def grid(images: torch.Tensor, names: list[str]) -> str:
    """The HTML of images [k, c, h, w] in [0, 1], the name of each below it, enlarged sharply."""
    cell = "margin:0;width:80px;text-align:center;font-size:11px;line-height:1.3;overflow-wrap:anywhere"
    look = "width:80px;height:auto;image-rendering:pixelated;border-radius:3px;margin:0"
    shown = []
    for image, name in zip(images, names, strict=True):
        title = html.escape(name)
        data = base64.b64encode(png(image)).decode("ascii")
        picture = f'<img style="{look}" alt="{title}" src="data:image/png;base64,{data}">'
        shown.append(f'<figure style="{cell}">{picture}<figcaption>{title}</figcaption></figure>')
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px;margin:8px 0">{"".join(shown)}</div>'


def png(image: torch.Tensor) -> bytes:
    """The PNG of one image [c, h, w] in [0, 1], at most `SIDE` pixels a side."""
    values = image.detach().float().cpu()[None]
    shrink = SIDE / max(values.shape[2:])
    if shrink < 1:
        size = [max(1, round(shrink * side)) for side in values.shape[2:]]
        values = F.interpolate(values, size, mode="bilinear", antialias=True)
    pixels = (values[0].clamp(0, 1) * 255).round().to(torch.uint8).expand(3, -1, -1).permute(1, 2, 0)
    buffer = io.BytesIO()
    Image.fromarray(pixels.contiguous().numpy()).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def first_of_each(labels: torch.Tensor, most: int) -> torch.Tensor:
    """Rows [min(m, most)] of labels [m]: all if they are few, else the first of every class before any second one; in
    the order of the classes."""
    if len(labels) <= most:
        return labels.argsort(stable=True)
    place = torch.zeros_like(labels)
    for label in labels.unique():
        of_class = labels == label
        place[of_class] = torch.arange(int(of_class.sum()), device=labels.device)
    early = (place * (int(labels.max()) + 1) + labels).argsort(stable=True)[:most]
    return early[labels[early].argsort(stable=True)]


def lines(texts: Sequence[str]) -> str:
    """The HTML of some lines of text, escaped."""
    return "".join(f"<div>{html.escape(text)}</div>" for text in texts)
