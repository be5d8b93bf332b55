"""The command matchzoo sample."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from matchzoo.cli import given
from matchzoo.cli.usage import Flag
from matchzoo.core.errors import MatchZooError

if TYPE_CHECKING:
    from matchzoo.generators import Generator


def sample(
    source: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")],
    count: Annotated[int | None, tyro.conf.arg(aliases=["-n"])] = None,
    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None,
    seed: int = 0,
    revision: str | None = None,
    force: Flag = False,
) -> None:
    """Make samples with a trained generator: rows of a table in its own units, points, or images.

    matchzoo sample runs/people -n 1000 -o new.csv

    Args:
        source: folder of a finished run or of a model, or USER/NAME[@REVISION] of a model on the Hub.
        count: how many; needed where the generator has no end of them.
        output: rows and points to a .csv, .tsv, .parquet, .feather or .npy file, or printed as CSV if not given; images
            to a .npz file, or as PNG files to a folder.
        seed: of the draws; the same seed and count give the same samples.
        revision: branch, tag or commit of a model on the Hub.
        force: replace a file that is there.
    """
    if count is not None and count < 1:
        raise MatchZooError(f"--count: expected at least 1, got {count}")
    given.check(given.source(source))

    from matchzoo.cli import sample_files

    if output is not None:
        sample_files.check_place(output, force)

    generator, class_names = opened(source, revision)
    if count is None and generator.count is None:
        raise MatchZooError(
            f"--count: missing: {source} generates any number of samples; say how many, such as -n 1000"
        )
    if count is not None and generator.count is not None and count > generator.count:
        raise MatchZooError(f"--count: {source} has {generator.count} samples; expected at most as many, got {count}")

    samples = generator.sample(count, seed)
    if samples.values.ndim == 2:
        sample_files.write_rows(samples, output)
    else:
        sample_files.write_images(samples, class_names, output)
    if output is not None:
        print(f"wrote {len(samples)} samples to {output}", file=sys.stderr)


def opened(source: str, revision: str | None = None) -> "tuple[Generator, tuple[str, ...]]":
    """The generator of a run, of a model's folder or of the Hub, and the names of the classes of its samples.

    Raises:
        MatchZooError: nothing is there, or it has no generator.
    """
    from matchzoo import hub, recipes
    from matchzoo.generators import Generator
    from matchzoo.hub.model import Model
    from matchzoo.hub.trained import is_run_folder

    place = Path(source).expanduser()
    if place.exists():
        if revision is not None:
            raise MatchZooError(f"--revision: {source} is a folder, which has none; leave it out")
        if is_run_folder(place):
            run = recipes.open(place)
            return run.generator, run.parts.spec.class_names
        model = Model.load(place)
    elif hub.is_name(source):
        model = hub.pull_model(source, revision)
    else:
        raise MatchZooError(f"{source}: there is no such folder, and it is not a user/name of the Hub")
    if not isinstance(model.declared, Generator):
        raise MatchZooError(f"{source}: is a {model.family} of kind {model.kind}; only generators make samples")
    return model.part, model.spec.class_names
