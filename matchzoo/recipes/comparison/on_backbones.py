"""Many sets on many backbones by the same protocols: distilled with × evaluated on."""

from collections.abc import Sequence
from pathlib import Path

import attrs

from matchzoo.core.declaration.choices import checked
from matchzoo.core.declaration.structuring import structure, to_table
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.showing.progress import Progress
from matchzoo.core.showing.text import size_of
from matchzoo.core.spec import Spec
from matchzoo.core.version import __version__
from matchzoo.data import Data, Split
from matchzoo.data.views import Crop, Views
from matchzoo.evaluation.classifier_transfer import ClassifierTransfer
from matchzoo.evaluation.evaluation import Record
from matchzoo.evaluation.from_scratch import FromScratch
from matchzoo.evaluation.linear_probe import named
from matchzoo.evaluation.probe_harness import Baseline, ProbeHarness
from matchzoo.hub.third_party.tensor_form import TensorForm
from matchzoo.models.classifiers.classifier_fit import ClassifierFit
from matchzoo.models.networks import Network
from matchzoo.projectors import Backbone
from matchzoo.recipes.comparison.evaluated_set import Source, evaluated_sets, opened
from matchzoo.recipes.comparison.matrix import Matrix
from matchzoo.recipes.comparison.on_networks import check_networks, network_records, trainings
from matchzoo.recipes.comparison.rows import rows_of
from matchzoo.recipes.comparison.same_data import check_same_data, data_table
from matchzoo.training.engine import Engine

VIEWS = Views(crop=Crop(scale=(0.5, 1.0)))
"""What training images are augmented by where no run says it."""


@checked
def evaluate(
    sets: Sequence[Source],
    backbones: Sequence[str] = (),
    *,
    from_scratch: Sequence[str | Network] = (),
    training: FromScratch | None = None,
    data: Data | str | None = None,
    views: Views | None = None,
    size: int | None = None,
    protocols: Sequence[ClassifierFit | str] = ("converged",),
    baselines: Sequence[Baseline] = (),
    seeds: int = 5,
    random_draws: int = 10,
    class_names: str | Path | Sequence[str] | None = None,
    form: TensorForm | None = None,
    images_per_class: int | None = None,
    inherit: str | None = None,
    device: str = "auto",
    quiet: bool = False,
    data_changed: bool = False,
) -> Matrix:
    """Evaluate sets of images on backbones, and on networks that are trained on them from scratch.

    Each backbone's test and validation features are computed once for all. Networks are columns of the same matrix, by
    the protocol ``from-scratch``.

    Examples:
        >>> evaluate(["their-set.pt"], from_scratch=["convnet", "torchvision:resnet18"], data="cifar10")

    Args:
        sets: runs or their folders, distilled sets, or whatever `DistilledDataset.load` reads: files, folders,
            ``user/name`` of the Hub.
        backbones: cards of the zoo, or paths of .toml files.
        from_scratch: networks by name (``convnet``, ``mlp``, ``resnet18``, ``resnet34``, ``torchvision:NAME``,
            ``timm:NAME``, or a table as text), or as objects.
        training: how they are trained; the protocol of the condensation papers if not given. Its network, seeds and
            baselines are those that are said here.
        data: what they are tested on: a data card, or a table as an object; that of the runs if not given.
        views: what training images are augmented by, noise left out; for probes those of the first run if not given,
            else `VIEWS`; for networks from scratch those of ``training``, or none.
        size: pixels a side of data and sets, for backbones that do not take the data's own.
        class_names: of sets that do not say them, in label order, or a file of them.
        form: how the tensors of ``.pt`` and ``.pth`` files among the sets are read; as they are if not given.
        images_per_class: of every set, only so many of the first images of each class (`DistilledDataset.subset`).
        protocols: how classifiers are trained, by kind or as objects.
        baselines: rows of real images beside the sets: random, centroid (as many a class as each set has; of
            backbones alone), full.
        seeds: draws of the views, and of whatever else a protocol draws; networks that are trained from scratch.
        random_draws: draws of the random baseline.
        inherit: a backbone whose head, trained on all training images, is handed on to the others by way of the images
            (`ClassifierTransfer`); one that travels with a set is used as it is. It makes records of the protocol
            ``inheritance`` beside the others, which have the head's bytes in ``head_bytes`` and in ``bytes``.
        device: as ``trainer.device``.
        quiet: show no progress.
        data_changed: go on although the samples are not those that a run was trained on, where names and shapes agree.

    Raises:
        MatchZooError: there is nothing to evaluate or no data, classes do not match, or a backbone does not take the
            images, or the data of a run have changed since; with the remedy.
    """
    if not backbones and not from_scratch:
        raise MatchZooError(
            "evaluate: expected at least one backbone ('matchzoo list backbones/*' shows them), or a network to train "
            "from scratch"
        )
    scratch = trainings(from_scratch, training, seeds, None if views is None else views.without_noise())
    if not backbones and "centroid" in baselines:
        raise MatchZooError(
            "evaluate: the baseline 'centroid' is of a backbone's space; leave it out, or give backbones"
        )
    if not sets and not baselines:
        raise MatchZooError("evaluate: expected at least one set: a run, a distilled set or a folder of images")
    given = opened(sets, class_names, size, form)
    recipes = [one.recipe for one in given if one.recipe is not None]
    table, notes = data_table(data, recipes, size)
    chosen = structure(table, Data)  # type: ignore[type-abstract]
    spec = chosen.build(0)
    check_networks(scratch, chosen)
    if not spec.is_images or spec.classes is None:
        raise MatchZooError(f"evaluate: expected data of images with classes, got '{table}'")
    views = views or next((recipe.views for recipe in recipes if recipe.views is not None), None) or VIEWS
    if size is not None:
        views = structure({k: v for k, v in to_table(views).items() if k != "size"}, Views)
    notes += check_same_data(given, chosen, table, data_changed)
    compared = evaluated_sets(given, chosen, spec, class_names, form, images_per_class)
    notes += [note for one in compared for note in one.notes]
    used = [named(protocol) for protocol in protocols]
    engine = Engine.start(device, "float32")
    engine.place(chosen)
    records: list[Record] = []
    origins = {}

    def bench_of(backbone: str) -> ProbeHarness:
        projector = _projector(backbone, spec, views, engine, size)
        origins[backbone] = projector.origin()
        return ProbeHarness(chosen, projector, views, engine, used[0], name=backbone, quiet=quiet)

    inheritance = None
    if inherit is not None:
        stored = next((one.head for one in compared if one.head is not None and one.head.backbone == inherit), None)
        inheritance = ClassifierTransfer.of(bench_of(inherit), stored)
        notes.append(_about_head(inheritance))
    for backbone in backbones:
        at_home = inheritance is not None and inheritance.home.name == backbone
        bench = inheritance.home if inheritance is not None and at_home else bench_of(backbone)

        def draw(name: Baseline, counts: Sequence[int], bench: ProbeHarness = bench) -> list[Split]:
            return bench.baseline(name, counts, seeds, random_draws, 0)

        rows, short = rows_of(compared, baselines, chosen, draw, seeds, bench.name)
        notes += [note for note in short if note not in notes]
        with Progress(len(rows) * len(used), backbone, "sets", quiet=quiet) as progress:
            for bench.protocol in used:
                for about, images in rows:
                    try:
                        scores = bench.record(about["set"], images, full=images[0] is chosen.training_set)
                    except MatchZooError as error:
                        raise MatchZooError(f"{about['set']} on {backbone}: {error}") from None
                    records.append({**about, **{k: v for k, v in scores.items() if k != "method"}})
                    progress.update(1, {"top-1": scores["top1_mean"]})
        if inheritance is not None:
            for about, images in rows:
                scores = inheritance.record(bench, images)
                paid = {"bytes": about["bytes"] + inheritance.bytes}
                records.append({**about, **{k: v for k, v in scores.items() if k != "method"}, **paid})

    judged, short = network_records(scratch, compared, baselines, chosen, engine, quiet=quiet)
    records += judged
    notes += [note for note in short if note not in notes]
    about = {
        "data": table,
        "views": to_table(views.without_noise()),
        "protocols": [to_table(protocol) for protocol in used] if backbones else [],
        "from_scratch": {name: to_table(one) for name, one in scratch.items()},
        "seeds": seeds,
        "class_names": list(spec.class_names),
        "group_names": list(chosen.group_names),
        "backbones": origins,
        "notes": notes,
        "matchzoo": __version__,
    }
    return Matrix(records, about, inheritance.stored if inheritance is not None else None)


def _about_head(inheritance: ClassifierTransfer) -> str:
    """What is to be said of a head that is handed on."""
    top1, size = inheritance.score.top1, size_of(inheritance.bytes)
    return (
        f"inheritance: the head of {inheritance.home.name}, trained on all training images ({top1:.1f} % there), is "
        f"handed on; it is {size}, which the bytes of its table hold beside the images"
    )


def _projector(card: str, spec: Spec, views: Views, engine: Engine, size: int | None) -> Backbone:
    projector = Backbone(card=card)
    seen = spec if views.size is None else attrs.evolve(spec, shape=(spec.shape[0], views.size, views.size))
    try:
        projector.build(seen)
    except DeclarationError as error:
        remedy = "give size (--size N), the pixels a side at which data and sets are compared"
        reasons = "; ".join(message.split(";")[0] for _, message in error.problems)
        raise MatchZooError(f"evaluate: {reasons}; {remedy}") from None
    engine.place(projector)
    return projector
