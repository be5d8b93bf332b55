"""Sets judged by networks that are trained from scratch on them."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import attrs

from matchzoo.core.declaration.choices import checked
from matchzoo.core.declaration.structuring import structure, to_table
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.showing.progress import Progress
from matchzoo.data import Data, Split
from matchzoo.data.views import Views
from matchzoo.evaluation.evaluation import Record
from matchzoo.evaluation.from_scratch import FromScratch
from matchzoo.evaluation.probe_harness import Baseline
from matchzoo.evaluation.scratch.bench import ScratchBench
from matchzoo.evaluation.scratch.training import RealImages
from matchzoo.models.networks import Network
from matchzoo.recipes.comparison.evaluated_set import EvaluatedSet
from matchzoo.recipes.comparison.rows import rows_of
from matchzoo.recipes.network_names import OPTION, name_of, network_tables
from matchzoo.training.engine import Engine

KIND = "from-scratch"
"""What results call the protocol."""


def trainings(
    networks: Sequence[str | Network], training: FromScratch | None, seeds: int, views: Views | None
) -> dict[str, FromScratch]:
    """How each network is trained, by the name that results have for it.

    Args:
        networks: as `matchzoo.recipes.network_names.network_tables` takes them, or objects.
        training: the protocol; its network, seeds and baselines are not looked at.
        seeds: networks that are trained on each set.
        views: of the training images, where the protocol says none.

    Raises:
        MatchZooError: a network has no such name or is given twice.
    """
    protocol = training if training is not None else FromScratch()
    made: dict[str, FromScratch] = {}
    for network in networks:
        if isinstance(network, Network):
            name, declared = name_of(_told(network)), network
        else:
            [(name, of_name)] = network_tables([network]).items()
            try:
                declared = structure(of_name, Network)  # type: ignore[type-abstract]
            except DeclarationError as error:
                raise error.under(OPTION) from None
        if name in made:
            raise MatchZooError(f"{OPTION}: '{name}' is given twice")
        made[name] = attrs.evolve(
            cast(Any, protocol), network=declared, seeds=seeds, views=protocol.views or views, baselines=()
        )
    return made


def _told(network: Network) -> dict[str, Any]:
    """The table of a network without the fields that are as they are by default."""
    table = to_table(network)
    whole = {"kind": table} if isinstance(table, str) else table
    fields = attrs.fields_dict(cast(Any, type(network)))
    return {
        key: value for key, value in whole.items() if key not in fields or getattr(network, key) != fields[key].default
    }


def check_networks(trainings: Mapping[str, FromScratch], data: Data) -> None:
    """Raise, before anything is trained, where a network or the views do not take the images of the data."""
    for name, training in trainings.items():
        try:
            training.check_data(data)
            training.check_shape(data.training_set.shape, len(data.class_names))
        except DeclarationError as error:
            raise error.under(f"from scratch, {name}") from None


@checked
def network_records(
    trainings: Mapping[str, FromScratch],
    compared: Sequence[EvaluatedSet],
    baselines: Sequence[Baseline],
    data: Data,
    engine: Engine,
    quiet: bool = False,
) -> tuple[list[Record], list[str]]:
    """Records of every set and baseline on every network, and notes. ``centroid``, which is of a backbone's space, is
    left out."""
    records: list[Record] = []
    notes: list[str] = []
    kinds = tuple(name for name in baselines if name != "centroid")
    for network, training in trainings.items():
        bench = training.bench(data, engine)

        def draw(name: Baseline, counts: Sequence[int], bench: ScratchBench = bench) -> list[Split]:
            return bench.baseline(cast(RealImages, name), counts)

        rows, short = rows_of(compared, kinds, data, draw, training.seeds)
        notes += [note for note in short if note not in notes]
        with Progress(len(rows) * training.seeds, f"{network} from scratch", "networks", quiet=quiet) as progress:
            for number, (about, images) in enumerate(rows):
                scored = training.record(bench, images, progress, own=number < len(compared))
                known = {"backbone": network, "images": len(images[0]), "protocol": KIND}
                records.append({**about, **known, **scored})
    return records, notes
