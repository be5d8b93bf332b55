"""The commands to and from the Hub: matchzoo push, matchzoo pull."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import attrs
import tyro

from matchzoo.cli import given
from matchzoo.core.errors import MatchZooError
from matchzoo.hub.third_party.tensor_form import AS_STORED, TensorForm
from matchzoo.zoo import cards

if TYPE_CHECKING:
    from matchzoo.hub import Model, Pushed

Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff]
Form = Annotated[TensorForm, tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff]
Repo = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="USER/NAME")]


def push(
    source: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SET")],
    repo: Repo,
    model: str | None = None,
    private: Flag = False,
    license: str = "",
    message: str = "",
    force: Flag = False,
    dry_run: Flag = False,
    class_names: Path | None = None,
    size: int | None = None,
    fit: Literal["crop", "pad"] | None = None,
    form: Form = AS_STORED,
    images_per_class: int | None = None,
) -> None:
    """Publish a distilled set as a data set of the Hub, or a part of a run as a model, in one commit.

    matchzoo push runs/lgm/quickstart user/digits --license CC-BY-4.0

    Args:
        source: folder of a run, of a distilled set or of a model, or a set of others in a file or folder.
        repo: repository, which is made if it is not there.
        model: publish this part of a run, as a model: generator, a projector by its name (with all that it stands on),
            or probe, the classifier that its evaluation trains on the distilled images.
        private: make a repository that only you see; a public one that is there is refused.
        license: of the set or model (SPDX), for its card.
        message: of the commit.
        force: replace a set or model of another recipe.
        dry_run: say what would be uploaded, and upload nothing.
        class_names: file with the class names of a set that does not say them: a line each, or a JSON list.
        size: pixels a side, for sets of others whose images are of several sizes.
        fit: how images of others become square: crop (their center) or pad (the whole on white).
        form: what a .pt or .pth file does not say of its tensors.
        images_per_class: of a distilled set, only so many of the first images of each class.
    """
    given.check(given.source(source), given.repository(repo))

    from matchzoo import hub
    from matchzoo.core.storage.hub_repository import HubRepository
    from matchzoo.hub.distilled import DistilledDataset
    from matchzoo.hub.folders.model_schema import CONFIG

    how: dict[str, Any] = {
        "private": True if private else None, "license": license, "message": message, "force": force, "dry_run": dry_run
    }  # fmt: skip

    is_model = (Path(source) / CONFIG).is_file()
    if model is None and not is_model:
        how_read: dict[str, Any] = {"class_names": class_names, "size": size, "fit": fit, **attrs.asdict(form)}
        distilled = DistilledDataset.load(source, **how_read)
        distilled = distilled if images_per_class is None else distilled.subset(images_per_class)
        _report(hub.push(distilled, repo, **how), dry_run)
        return

    if class_names is not None or size is not None or fit is not None or not form.says_nothing:
        raise MatchZooError("--class-names, --size, --fit and what is said of tensors: only of a distilled set")
    if images_per_class is not None:
        raise MatchZooError("--images-per-class: only of a distilled set")
    HubRepository.to_push("model", repo, "model")  # a wrong name is said before a probe is trained
    _report(hub.push_model(_model(source, model), repo, **how), dry_run)


def _model(source: str, which: str | None) -> "Model":
    """The model in a folder, or that of a part of the run in it."""
    from matchzoo import recipes
    from matchzoo.hub.folders.model_schema import CONFIG
    from matchzoo.hub.model import Model
    from matchzoo.runs.published_parts import model_of_run

    if not (Path(source) / CONFIG).is_file():
        return model_of_run(recipes.open(source), which or "generator")
    model = Model.load(source)
    if which not in (None, model.family):
        raise MatchZooError(f"--model: {source} is a {model.family} already, not '{which}'; leave it out")
    return model


def _report(done: "Pushed", dry_run: bool) -> None:
    from matchzoo.core.showing.text import size_of

    for name, size in done.files.items():
        print(f"{size_of(size):>8}  {name}")
    for note in done.notes:
        print(note)
    total = size_of(sum(done.files.values()))
    if dry_run:
        print(f"would push {total} to {done.repo} (nothing was uploaded)")
    else:
        print(f"pushed {total} to {done.repo}@{done.commit}; anybody reads it with: matchzoo pull {done.repo}")


def pull(
    repo: Repo,
    output: Path | None = None,
    revision: str | None = None,
    kind: Literal["dataset", "model"] | None = None,
    size: int | None = None,
    fit: Literal["crop", "pad"] | None = None,
    class_names: Path | None = None,
    config: str | None = None,
    image_column: str = "image",
    label_column: str = "label",
    card: str = "",
    images_per_class: int | None = None,
) -> None:
    """Fetch a distilled set or a model of the Hub, check it, and keep it in a folder.

    matchzoo pull user/digits -o digits

    Args:
        repo: repository, or USER/NAME@REVISION; or the name of a distilled set of the zoo.
        output: folder to write; NAME if not given.
        revision: branch, tag or commit.
        kind: dataset or model, where the Hub has both of that name.
        size: pixels a side, for sets of others whose images are of several sizes.
        fit: how images of others become square: crop (their center) or pad (the whole on white).
        class_names: file with the class names of a set that does not say them: a line each, or a JSON list.
        config: configuration (subset) of a set of others that has several.
        image_column: column of the images in parquet files of others.
        label_column: column of the labels in parquet files of others.
        card: of a model on a backbone that is none of the zoo's, the path of its card.
        images_per_class: of a distilled set, keep only so many of the first images of each class.
    """
    if cards.named(repo) is None:
        given.check(given.repository(repo))

    from matchzoo import hub

    folder = output or Path(repo.partition("@")[0].rpartition("/")[2])
    if kind is None:
        kind = "dataset" if cards.named(repo) is not None else hub.kind_of(repo, revision)
    if kind == "model":
        if images_per_class is not None:
            raise MatchZooError("--images-per-class: only of a distilled set")
        model = hub.pull_model(repo, revision, card=card)
        model.save(folder)
        at, lines = model.repository or {}, model.describe()
    else:
        chosen: dict[str, Any] = {
            "fit": fit,
            "config": config,
            "image_column": image_column,
            "label_column": label_column,
        }
        distilled = hub.pull(repo, revision, class_names=class_names, size=size, **chosen)
        at = distilled.repository or {}
        distilled = distilled if images_per_class is None else distilled.subset(images_per_class)
        distilled.save(folder)
        lines = distilled.describe()
    print("\n".join([f"{at.get('repo')}@{at.get('commit')}", *lines, f"wrote {folder}"]))
