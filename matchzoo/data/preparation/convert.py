"""Published data sets as tables: ``python -m matchzoo.data.preparation.convert NAME SOURCE… DESTINATION``.

A source is an archive as it is published, or the folder that it unpacks to. The destination becomes a folder with the
images (unpacked, or a link to the folder) and ``labels.csv``, for the kind `table`; a folder that is both source and
destination gets the CSV file and nothing else. Classes are in their official order.
"""

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from matchzoo import zoo
from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.core.storage import files
from matchzoo.data.preparation.archives import unpack
from matchzoo.data.reading.file_kinds import has_image_suffix

TABLE = "labels.csv"
PARTS = {
    "train": "training",
    "val": "validation (not used)",
    "test": "testing",
    "held out": "domains held out",
}
STYLES = (
    "art_nouveau", "baroque", "expressionism", "impressionism", "post_impressionism", "realism", "renaissance",
    "romanticism", "surrealism", "ukiyo_e",
)  # fmt: skip
"""Classes of ArtBench-10, in the order of its labels."""
BREEDS = ("bulldog", "corgi", "dachshund", "labrador")
"""Classes of Spawrious, in the order of its labels."""
TRAINING = {"bulldog": "jungle", "dachshund": "mountain", "labrador": "snow", "corgi": "desert"}
"""Background that a class of Spawrious (one-to-one, hard) is seen on in training."""
TESTING = {"bulldog": "mountain", "dachshund": "snow", "labrador": "desert", "corgi": "jungle"}
"""Background that it is tested on."""
FILLER = "beach"
"""Background that all classes of Spawrious share in training."""
SHARES = (0.97, 0.87)
"""Share of a class's own background in the two training environments of Spawrious; the rest is the filler."""

HELD_OUT = ("1", "2")
"""Hospitals of Camelyon17 that WILDS validates and tests on."""


class Row(NamedTuple):
    """A row of the table: a file's path from the folder, its class, split and group (empty where there are none)."""

    file: str
    label: str
    split: str
    group: str = ""


def cub(root: Path) -> Iterator[Row]:
    """CUB-200-2011 (CUB_200_2011.tgz): ``images.txt``, ``classes.txt``, ``image_class_labels.txt`` and
    ``train_test_split.txt``. Classes are called as there, ``001.Black_footed_Albatross``: sorted, they are in order."""
    base = _find(root, "train_test_split.txt").parent
    images, labels, training, classes = (
        dict(_pairs(base / name))
        for name in ("images.txt", "image_class_labels.txt", "train_test_split.txt", "classes.txt")
    )
    for number, path in images.items():
        split = {"1": "train", "0": "test"}.get(training.get(number, ""))
        label = classes.get(labels.get(number, ""))
        if split is None or label is None:
            raise MatchZooError(f"{base}: image {number} ({path}) has no class or no split; is the folder whole?")
        yield Row(_below(root, base / "images" / path), label, split)


def dogs(root: Path) -> Iterator[Row]:
    """Stanford Dogs (images.tar and lists.tar): ``train_list.mat`` and ``test_list.mat``, read with SciPy. Classes are
    called as their folders, ``n02085620-Chihuahua``: sorted, they are in order."""
    try:
        from scipy.io import loadmat
    except ImportError:
        raise MatchZooError("the lists of Stanford Dogs are read with SciPy: pip install scipy") from None
    base = _find(root, "Images")
    rows: list[tuple[Row, int]] = []
    for split in ("train", "test"):
        path = _find(root, f"{split}_list.mat")
        try:
            lists = loadmat(path, squeeze_me=True)
            pairs = list(zip(lists["file_list"].tolist(), lists["labels"].tolist(), strict=True))
        except Exception as error:  # whatever a file that is none runs into
            raise MatchZooError(f"{path}: is not as published ({error})") from None
        for name, number in pairs:
            rows.append((Row(_below(root, base / name), name.partition("/")[0], split), int(number)))
    order = sorted({row.label for row, _ in rows})
    for row, number in rows:
        if not 1 <= number <= len(order) or order[number - 1] != row.label:
            raise MatchZooError(f"{base}: class {number} of the lists is {row.label}, not in the published order")
        yield row


def waterbirds(root: Path) -> Iterator[Row]:
    """Waterbirds (waterbirds_v1.0.tar.gz of WILDS): ``metadata.csv``. A group is a class on a background; in sorted
    order they have the numbers of WILDS. The validation part is in the table as ``val``."""
    path = _find(root, "metadata.csv")
    birds, places, splits = (
        dict(zip("012", names, strict=False))
        for names in (("landbird", "waterbird"), ("land", "water"), ("train", "val", "test"))
    )
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            try:
                bird, place, split = birds[row["y"]], places[row["place"]], splits[row["split"]]
                name = row["img_filename"]
            except KeyError as error:
                raise MatchZooError(f"{path}: expected img_filename, y, split and place, got no {error}") from None
            yield Row(_below(root, path.parent / name), bird, split, f"{bird} on {place}")


def spawrious(root: Path) -> Iterator[Row]:
    """Spawrious, one-to-one hard (spawrious224.tar.gz): folders ``0`` and ``1``, in them one for each background, in
    that one for each class. Each of the two has the training images of an environment: 97 % (87 %) of every class on
    its own background, the rest on the beach; and half of the test images. A group is a background."""
    base = _find(root, f"0/{FILLER}").parent.parent
    for environment, share in enumerate(SHARES):
        for breed in BREEDS:
            own, filler, test = (
                _images(base / str(environment) / place / breed) for place in (TRAINING[breed], FILLER, TESTING[breed])
            )
            count = int(share * len(own))
            for paths, split, place in (
                (own[:count], "train", TRAINING[breed]),
                (filler[: len(own) - count], "train", FILLER),
                (test, "test", TESTING[breed]),
            ):
                yield from (Row(_below(root, path), breed, split, place) for path in paths)


def artbench(root: Path) -> Iterator[Row]:
    """ArtBench-10 (artbench-10-imagefolder-split.tar): folders ``train`` and ``test``, in them one for each style."""
    base = _find(root, f"train/{STYLES[0]}").parent.parent
    for split in ("train", "test"):
        for style in STYLES:
            yield from (Row(_below(root, path), style, split) for path in _images(base / split / style))


def camelyon(root: Path) -> Iterator[Row]:
    """Camelyon17 of WILDS (camelyon17_v1.0): ``metadata.csv`` beside ``patches``. A group is a hospital, such as
    ``hospital-0``. Patches of the hospitals that WILDS validates and tests on are all in the split ``train``, to be
    held out as groups; of the others those are in the split ``val`` that WILDS keeps for validation within them."""
    path = _find(root, "metadata.csv")
    tumors = {"0": "normal", "1": "tumor"}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            try:
                slide = f"patient_{row['patient'].zfill(3)}_node_{row['node']}"
                name = f"patches/{slide}/patch_{slide}_x_{row['x_coord']}_y_{row['y_coord']}.png"
                label, hospital = tumors[row["tumor"]], row["center"]
                split = "train" if hospital in HELD_OUT else {"0": "train", "1": "val"}[row["split"]]
            except KeyError as error:
                raise MatchZooError(
                    f"{path}: expected patient, node, x_coord, y_coord, tumor (0 or 1), center and split (0 or 1), "
                    f"got no {error}"
                ) from None
            yield Row(_below(root, path.parent / name), label, split, f"hospital-{hospital}")


SETS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "artbench-10": artbench,
    "camelyon17": camelyon,
    "cub-200-2011": cub,
    "spawrious": spawrious,
    "stanford-dogs": dogs,
    "waterbirds": waterbirds,
}


def convert(name: str, sources: list[Path], destination: Path) -> str:
    """Make the folder of a data set, whole or not at all; what was made, in a line.

    Raises:
        MatchZooError: no such data set, a source that is not there or not as published, a file that is missing, or a
            destination that already exists.
    """
    if name not in SETS:
        raise MatchZooError(f"unknown data set '{name}'{did_you_mean(name, SETS)}")
    for source in sources:
        if not source.exists():
            raise MatchZooError(f"{source}: there is no such file or folder")
    card = zoo.load(name, zoo.DataCard)
    counts: Counter[str] = Counter()

    def table(root: Path) -> None:
        rows = list(SETS[name](root))
        for row in rows:
            if not (root / row.file).is_file():
                raise MatchZooError(f"{row.file}: is listed but not there; is the source whole?")
        columns = Row._fields if rows and rows[0].group else Row._fields[:3]
        files.write_with(root / TABLE, lambda path: _write(path, columns, rows))
        held_out = card.data.get("others", ())
        counts.update("held out" if row.group in held_out else row.split for row in rows)
        counts["classes"] = len({row.label for row in rows})

    def fill(root: Path) -> None:
        for source in sources:
            if source.is_dir():
                _link(root / source.resolve().name, source.resolve())
            else:
                unpack(source, root)
        table(root)

    if [source.resolve() for source in sources] == [destination.resolve()]:
        table(destination)
    elif destination.exists():
        raise MatchZooError(f"{destination}: already exists; remove it, or give it as the source too")
    else:
        destination.parent.mkdir(parents=True, exist_ok=True)
        files.write_folder(destination, fill)
    words = PARTS if counts["test"] else {**PARTS, "val": "validation"}
    parts = [f"{counts[part]} for {word}" for part, word in words.items() if counts[part]]
    summary = f"{destination / TABLE}: {counts['classes']} classes; images: {', '.join(parts)}"
    testing = counts["test"] or counts["val"]  # as the kind `table` reads them
    if (card.classes, card.train, card.test) == (counts["classes"], counts["train"], testing):
        return summary
    return f"{summary} (published were {card.classes} classes, {card.train} for training, {card.test} for testing)"


def _link(link: Path, folder: Path) -> None:
    try:
        link.symlink_to(folder, target_is_directory=True)
    except OSError as error:
        raise MatchZooError(
            f"{folder}: cannot be linked to ({error.strerror}); give it as the destination too"
        ) from None


def _write(path: Path, columns: tuple[str, ...], rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *(row[: len(columns)] for row in rows)])


def _find(root: Path, name: str) -> Path:
    """What lies in a folder or up to two folders deeper; raises if there is none."""
    nearest = next((path for depth in ("", "*/", "*/*/") for path in sorted(root.glob(depth + name))), None)
    if nearest is None:
        raise MatchZooError(f"{name}: is not in what was given; is it the data set as it is published?")
    return nearest


def _below(root: Path, path: Path) -> str:
    """A path from the folder; raises if it leads out of it."""
    if not path.is_relative_to(root) or ".." in path.relative_to(root).parts:
        raise MatchZooError(f"{path}: lies outside of the folder; is the data set as it is published?")
    return path.relative_to(root).as_posix()


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    """Number and text of every line."""
    try:
        for line in path.read_text(encoding="utf-8-sig").splitlines():
            number, _, text = line.strip().partition(" ")
            yield number, text
    except OSError as error:
        raise MatchZooError(f"{path}: cannot be read ({error.strerror}); is the folder whole?") from None


def _images(folder: Path) -> list[Path]:
    """Images of a folder by name; raises if there are none."""
    entries = folder.iterdir() if folder.is_dir() else iter(())
    paths = sorted(p for p in entries if has_image_suffix(p.name) and not p.name.startswith("."))
    if not paths:
        raise MatchZooError(f"{folder}: no images there; is the data set whole?")
    return paths


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", metavar="NAME", help=", ".join(SETS))
    parser.add_argument("sources", metavar="SOURCE", type=Path, nargs="+", help="archive, or folder that it unpacks to")
    parser.add_argument("destination", metavar="DESTINATION", type=Path, help="folder to make, such as data/NAME")
    words = parser.parse_args()
    try:
        print(convert(words.name, words.sources, words.destination))
    except MatchZooError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
