"""Small distilled sets, and what is written into their folders."""

import json
from pathlib import Path

import attrs
import torch

from matchzoo.hub.distilled import DistilledDataset
from matchzoo.hub.folders.set_schema import METRICS

CLASSES = ("zebra", "grün [2]", "a/b|<c>")


def made(soft: bool = False, classes: tuple[str, ...] = CLASSES, channels: int = 3) -> DistilledDataset:
    rng = torch.Generator().manual_seed(0)
    count = 2 * len(classes)
    labels = torch.arange(count) % len(classes)
    if soft:
        labels = torch.softmax(torch.randn(count, len(classes), generator=rng), 1)
    return DistilledDataset(
        torch.rand(count, channels, 12, 12, generator=rng),
        labels,
        classes,
        preprocessing={"size": [12, 12], "range": [0, 1], "normalization": "none", "views": {"copies": 1}},
        source={"data": {"kind": "digits"}, "license": "CC-BY-4.0", "class_order": list(classes)},
        backbones=({"card": "x/tiny.toml", "license": "MIT", "weights": {"sha256": "ab" * 32, "commit": "c" * 40}},),
        recipe='schema = 1\n[data]\nkind = "digits"\n',
        scores=({"method": "lgm", "backbone": "tiny", "protocol": "ridge", "top1_mean": 51.5, "top1_std": 0.5},),
        versions={"torch": "2.0"},
    )


def same(one: DistilledDataset, other: DistilledDataset) -> bool:
    apart = ("images", "labels", "scores_of")  # the last is known of loaded sets only
    plain = [field.name for field in attrs.fields(DistilledDataset) if field.name not in apart]
    tensors = all(torch.equal(getattr(one, name), getattr(other, name)) for name in ("images", "labels"))
    return tensors and all(getattr(one, name) == getattr(other, name) for name in plain)


def metrics(folder: Path, **changes: object) -> None:
    about = json.loads((folder / METRICS).read_text())
    (folder / METRICS).write_text(json.dumps({**about, **changes}))


class Bomb:
    """What leaves a file behind when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder.parent / "executed")

    def __reduce__(self) -> tuple:
        return open, (self.path, "w")
