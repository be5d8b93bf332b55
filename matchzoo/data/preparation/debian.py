"""Two real data sets out of Debian packages, without root: ``make data``.

Fashion-MNIST (dataset-fashion-mnist, MIT) becomes ``data/FashionMNIST/raw``, as torchvision reads it; photos of Tux
Paint's stamps (tuxpaint-stamps-default, GPL-2) become ``data/tuxpaint-photos/<class>``. What is there is left alone.
"""

import argparse
import gzip
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage import files

STAMPS = "usr/share/tuxpaint/stamps"
PHOTOS = {
    "animals": ("animals/mammals/**",),
    "birds": ("animals/birds",),
    "coins": tuple(f"symbols/money/{where}/**" for where in ("canadian", "euro", "japanese", "us")),
    "flowers": ("plants/flowers",),
    "fruit": ("food/fruit", "food/nuts"),
    "hand_signs": ("symbols/alphabets/asl",),
    "road_signs": ("town/roadsigns",),
    "tools": ("household", "household/arttools", "household/tools"),
    "vegetables": ("food/vegetables",),
    "vehicles": ("vehicles/**",),
}
"""Folders of stamps for each class; ``**`` takes their sub-folders too."""
NO_PHOTO = ("cartoon", "plastic", "_mirror", "edward_bear")
"""In the path of a drawing, a toy or a mirrored double."""


def fetch(package: str, folder: Path) -> None:
    """Download a package of this machine's Debian (or a relative of it) and unpack it, installing nothing.

    Raises:
        MatchZooError: apt is not here, knows no such package, or reaches no mirror.
    """
    apt, unpack = shutil.which("apt-get"), shutil.which("dpkg-deb")
    if apt is None or unpack is None:
        raise MatchZooError(
            f"{package} is a Debian package, and apt-get and dpkg-deb are not here; fetch it on a machine that has "
            "them and copy the folder data, or use images of your own (kind image-folder)"
        )
    with tempfile.TemporaryDirectory() as temporary:
        got = subprocess.run([apt, "download", package], cwd=temporary, capture_output=True, text=True)
        packages = list(Path(temporary).glob("*.deb"))
        if got.returncode or not packages:
            reason = next((line for line in got.stderr.splitlines() if line.startswith("E:")), "no reason given")
            raise MatchZooError(
                f"apt-get download {package}: {reason}; is this machine offline, or are its package lists missing "
                "(apt-get update)?"
            )
        subprocess.run([unpack, "-x", str(packages[0]), str(folder)], check=True)


def fashion_mnist(unpacked: Path, target: Path) -> int:
    """Unpack the four files of Fashion-MNIST into a folder; their number."""
    archives = sorted((unpacked / "usr/share/datasets/fashion-mnist").glob("*.gz"))
    for path in archives:
        with gzip.open(path) as packed, (target / path.stem).open("wb") as plain:
            shutil.copyfileobj(packed, plain)
    return len(archives)


def photos(stamps: Path) -> Iterator[tuple[str, Path]]:
    """Class and file of every photo among the stamps, sorted."""
    for name, folders in PHOTOS.items():
        for folder in folders:
            base = stamps / folder.removesuffix("/**")
            for path in sorted(base.rglob("*.png") if folder.endswith("**") else base.glob("*.png")):
                if not any(word in path.relative_to(stamps).as_posix() for word in NO_PHOTO):
                    yield name, path


def tuxpaint_photos(unpacked: Path, target: Path) -> int:
    """Copy the photos among the stamps into a folder for each class; their number."""
    count = 0
    for name, path in photos(unpacked / STAMPS):
        (target / name).mkdir(exist_ok=True)
        # US and Canada both have a 010dime.png
        target_name = path.relative_to(unpacked / STAMPS).as_posix().replace("/", "-")
        shutil.copyfile(path, target / name / target_name)
        count += 1
    license = unpacked / "usr/share/doc/tuxpaint-stamps-default/copyright"
    if license.is_file():
        shutil.copyfile(license, target / "copyright")
    return count


SETS: dict[str, tuple[str, Callable[[Path, Path], int]]] = {
    "FashionMNIST/raw": ("dataset-fashion-mnist", fashion_mnist),
    "tuxpaint-photos": ("tuxpaint-stamps-default", tuxpaint_photos),
}


def prepare(folder: Path) -> list[str]:
    """Make the data sets that are not in a folder yet, each whole or not at all; what was done, in lines."""
    lines = []
    for name, (package, arrange) in SETS.items():
        target = folder / name
        if target.is_dir():
            lines.append(f"{target}: is here already")
            continue
        with tempfile.TemporaryDirectory() as temporary:
            fetch(package, Path(temporary))
            counts: list[int] = []

            def fill(inner: Path, unpacked: Path = Path(temporary), arrange: Callable[..., int] = arrange) -> None:
                counts.append(arrange(unpacked, inner))  # noqa: B023
                if not counts[-1]:  # noqa: B023
                    raise MatchZooError(f"{inner.name}: the package has other contents than expected")

            files.write_folder(target, fill)
            lines.append(f"{target}: {counts[0]} files out of {package}")
    return lines


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("data"), help="where to put them (default: data)")
    try:
        print("\n".join(prepare(parser.parse_args().folder)))
    except MatchZooError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
