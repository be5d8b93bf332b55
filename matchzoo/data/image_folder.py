"""A folder of images, one folder a class."""

from pathlib import Path

import attrs
import torch
from PIL import Image, UnidentifiedImageError

from matchzoo.data.data import Data, Loaded, Split, stratified
from matchzoo.declare import at_least, between, declare, positive
from matchzoo.errors import MatchZooError, did_you_mean

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"})


@declare("image-folder")
class ImageFolder(Data):
    """``path/<class>/<image>``, split by share; or ``path/train/<class>/…`` beside ``path/test/…`` or ``path/val/…``.

    Classes are labelled in sorted order of their names. Images are decoded once, made RGB, resized so that the shorter
    side is ``size`` (bicubic, antialiased), cropped at the centre and kept as bytes in memory.
    """

    path: str
    """The folder; ``~`` is the home folder."""
    size: int = attrs.field(default=64, validator=at_least(8))
    """Pixels a side."""
    test_share: float = attrs.field(default=0.2, validator=[positive(), between(0, 1, open_high=True)])
    """Share of every class that is kept for testing, where there is no folder of test images."""
    split_seed: int = attrs.field(default=0, validator=at_least(0))
    """Seed of the split."""

    def load(self) -> Loaded:
        """Read every image; raises where the folder, a class or an image is not as expected."""
        root = Path(self.path).expanduser()
        if not root.is_dir():
            hint = ""
            if root.parent.is_dir():
                hint = did_you_mean(root.name, [p.name for p in root.parent.iterdir() if p.is_dir()])
            raise MatchZooError(f"data.path: there is no folder {root}{hint}")
        if not (root / "train").is_dir():
            names = _classes(root)
            images, labels = _read(root, names, self.size)
            train, test = stratified(labels, self.test_share, self.split_seed, names)
            return Loaded(Split(images[train], labels[train]), Split(images[test], labels[test]), names)
        names = _classes(root / "train")
        train_split = Split(*_read(root / "train", names, self.size))
        held_out = next((root / name for name in ("test", "val") if (root / name).is_dir()), None)
        if held_out is None:
            return Loaded(train_split, None, names)
        if _classes(held_out) != names:
            odd = sorted(set(_classes(held_out)) ^ set(names))
            raise MatchZooError(f"{held_out}: other classes than {root / 'train'}; only one has {', '.join(odd[:5])}")
        return Loaded(train_split, Split(*_read(held_out, names, self.size)), names)


def _classes(folder: Path) -> tuple[str, ...]:
    names = tuple(sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")))
    if len(names) < 2:
        raise MatchZooError(f"{folder}: expected a folder for each of at least 2 classes, found {len(names)}")
    return names


def _read(folder: Path, names: tuple[str, ...], size: int) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = [], []
    for label, name in enumerate(names):
        files = sorted(p for p in (folder / name).iterdir() if p.suffix.lower() in SUFFIXES)
        if not files:
            raise MatchZooError(f"{folder / name}: no images (of {', '.join(sorted(SUFFIXES))})")
        images += [_decode(file, size) for file in files]
        labels += [label] * len(files)
    return torch.stack(images), torch.tensor(labels)


def _decode(file: Path, size: int) -> torch.Tensor:
    try:
        with Image.open(file) as opened:
            image = opened.convert("RGB")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise MatchZooError(f"{file}: cannot be read as an image ({error}); mend or remove it") from None
    scale = size / min(image.size)
    width, height = (max(round(side * scale), size) for side in image.size)
    image = image.resize((width, height), Image.Resampling.BICUBIC)
    left, top = (width - size) // 2, (height - size) // 2
    image = image.crop((left, top, left + size, top + size))
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return pixels.reshape(size, size, 3).permute(2, 0, 1).contiguous()
