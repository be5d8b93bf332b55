"""The files of ``matchzoo sample``: tables of rows and points, and images."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.samples import Samples, class_indices
from matchzoo.core.storage import files, number_tables


def check_place(path: Path, force: bool) -> None:
    """Raise where something is in a place already that would be replaced."""
    if path.is_file() and not force:
        raise MatchZooError(f"{path}: already exists; give another --output, or --force to replace it")
    if path.is_dir() and any(path.iterdir()):
        raise MatchZooError(f"{path}: is not empty; give another folder with --output")
    if path.suffix and path.suffix.lower() not in (*number_tables.WRITTEN, ".npz"):
        known = ", ".join((*number_tables.WRITTEN, ".npz"))
        raise MatchZooError(f"{path}: expected a file that ends in one of {known}, or a folder")


def write_rows(samples: Samples, path: Path | None) -> None:
    """Write rows [n, d] with the names of their columns, or print them as CSV."""
    values = samples.values.double().numpy()
    columns = samples.columns or tuple(f"x{i + 1}" for i in range(values.shape[1]))
    if path is None:
        sys.stdout.write(number_tables.as_text(values, columns))
        return
    if path.suffix.lower() not in number_tables.WRITTEN:
        expected = ", ".join(number_tables.WRITTEN)
        raise MatchZooError(f"{path}: the samples are rows of {len(columns)} numbers; expected one of {expected}")
    number_tables.write(path, values, columns)


def write_images(samples: Samples, class_names: tuple[str, ...], path: Path | None) -> None:
    """Write images [n, c, h, w] in [0, 1]: a ``.npz`` that data of the kind ``arrays`` reads (``images`` uint8
    [n, h, w, c], ``labels`` and ``class_names`` where there are classes), or PNG files, in a folder for each class."""
    if path is None or (path.suffix and path.suffix.lower() != ".npz"):
        given = "none" if path is None else str(path)
        raise MatchZooError(f"--output: the samples are images; expected a .npz file or a folder, got {given}")
    images = samples.values.float().clamp(0, 1)
    labels = None if samples.labels is None else class_indices(samples.labels)
    if not path.suffix and labels is not None:
        from matchzoo.hub.distilled import DistilledDataset

        DistilledDataset(images, labels, class_names).export(path)
        return

    rows = (images * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix:
            arrays: dict[str, Any] = {"images": rows}
            if labels is not None:
                arrays |= {"labels": labels.numpy(), "class_names": np.array(class_names)}
            files.write_with(path, lambda temporary: np.savez_compressed(temporary, **arrays))
        else:
            files.write_folder(path, lambda folder: _write_pictures(folder, rows))
    except OSError as error:
        raise MatchZooError(f"{path}: cannot be written ({error.strerror}); give another with --output") from None


def _write_pictures(folder: Path, images: np.ndarray) -> None:
    from PIL import Image

    for number, image in enumerate(images):
        Image.fromarray(image.squeeze(2) if image.shape[2] == 1 else image).save(folder / f"{number:05}.png")
