"""The parquet file of an artifact: what the Hub's viewer and the `datasets` library show of it."""

import io
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import class_indices
from matchzoo.hub.folders.validation import rounded

NAME = "data/train-00000-of-00001.parquet"
PATTERN = "data/train-*"
"""Files of which the card says that they hold the set."""
ROWS = 64
"""Rows of a row group."""
SPARE = 1 << 16
"""Bytes that a row may have above those of its pixels."""


def png(image: torch.Tensor) -> bytes:
    """An image [c, h, w] in [0, 1] as a PNG file of 8 bits."""
    pixels = rounded(image).numpy()
    buffer = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(buffer, "PNG")
    return buffer.getvalue()


def features(class_names: Sequence[str], soft: bool) -> dict[str, Any]:
    """The columns as `datasets` declares them."""
    columns: dict[str, Any] = {
        "image": {"_type": "Image"},
        "label": {"names": list(class_names), "_type": "ClassLabel"},
    }
    if soft:
        value = {"dtype": "float32", "_type": "Value"}
        columns["probabilities"] = {"feature": value, "length": len(class_names), "_type": "Sequence"}
    return columns


def write(path: Path, images: torch.Tensor, labels: torch.Tensor, class_names: Sequence[str]) -> None:
    """Write ``image`` (PNG) of [m, c, h, w], ``label`` [m] and, of soft labels [m, classes], ``probabilities`` beside
    the most probable class."""
    import pyarrow as pa
    from pyarrow import parquet

    soft = labels.ndim == 2
    columns = {"image": pa.struct({"bytes": pa.binary(), "path": pa.string()}), "label": pa.int64()}
    if soft:
        columns["probabilities"] = pa.list_(pa.float32(), len(class_names))
    declared = json.dumps({"info": {"features": features(class_names, soft)}}, ensure_ascii=False)
    schema = pa.schema(columns, metadata={"huggingface": declared})

    hard = class_indices(labels).tolist()
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for begin in range(0, len(images), ROWS):
            rows = range(begin, min(begin + ROWS, len(images)))
            part: dict[str, Any] = {
                "image": [{"bytes": png(images[row]), "path": f"{row:06d}.png"} for row in rows],
                "label": [hard[row] for row in rows],
            }
            if soft:
                part["probabilities"] = labels[rows.start : rows.stop].tolist()
            writer.write_table(pa.table(part, schema=schema))


def compare(path: Path, images: torch.Tensor, labels: torch.Tensor, class_names: Sequence[str]) -> None:
    """Raise where the file does not hold the rounded images [m, c, h, w], the labels [m] or [m, classes] and the names
    of a set, row by row."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path, memory_map=True, pre_buffer=False) as file:
            _compare(file, images, labels, class_names)
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise MatchZooError(f"{NAME}: cannot be read as the parquet file of a distilled set ({reason[:200]})") from None


def _compare(file: Any, images: torch.Tensor, labels: torch.Tensor, class_names: Sequence[str]) -> None:
    about = file.metadata
    if about.num_rows != len(images):
        raise MatchZooError(f"{NAME}: {about.num_rows} rows, but the tensors hold {len(images)} images")
    room = 2 * images[0].numel() + 8 * labels[0].numel() + SPARE
    size = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
    if size > len(images) * room:
        raise MatchZooError(f"{NAME}: declares {size} bytes, more than {len(images)} images of this size can need")

    declared = json.loads((file.schema_arrow.metadata or {}).get(b"huggingface", b"{}"))
    if declared.get("info", {}).get("features") != features(class_names, labels.ndim == 2):
        raise MatchZooError(f"{NAME}: declares other columns or class names than the tensors have")

    hard = class_indices(labels).tolist()
    row = 0
    with ThreadPoolExecutor(torch.get_num_threads()) as threads:
        for batch in file.iter_batches(ROWS, use_threads=False):
            stored = batch.to_pydict()
            rows = range(row, row + len(batch))
            encoded = [image["bytes"] for image in stored["image"]]
            pixels = threads.map(lambda content: _decode(content, images[0]), encoded)
            for i, here in zip(rows, pixels, strict=True):
                if here is None or not np.array_equal(here, rounded(images[i]).numpy()):
                    raise MatchZooError(f"{NAME}: row {i}: the image is not the rounded tensor")
            if stored["label"] != hard[row : rows.stop]:
                raise MatchZooError(f"{NAME}: rows {row} to {rows.stop - 1}: other labels than the tensors")
            if labels.ndim == 2 and stored["probabilities"] != labels[row : rows.stop].tolist():
                raise MatchZooError(f"{NAME}: rows {row} to {rows.stop - 1}: other probabilities than the tensors")
            row = rows.stop


def _decode(content: bytes, like: torch.Tensor) -> np.ndarray | None:
    """Pixels [h, w, c] of a PNG of the size and channels of an image; None if it is anything else."""
    channels, height, width = like.shape
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.size != (width, height) or image.mode != ("L" if channels == 1 else "RGB"):
                return None
            pixels = np.asarray(image)
    except Exception:  # decoders of damaged files raise whatever their parsing runs into
        return None
    return pixels[:, :, None] if channels == 1 else pixels
