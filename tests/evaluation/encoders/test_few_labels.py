"""Few labels: which rows are drawn, what the records are, baselines, and refusals."""

import copy

import attrs
import pytest
import torch
from helpers.room import barlow

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.core.step import Step
from matchzoo.evaluation import FewLabels, Trained
from matchzoo.evaluation.encoders.few_labels import draw_labeled
from matchzoo.evaluation.encoders.untrained import fit_supervised, untrained
from matchzoo.models.classifiers import linear_probe
from matchzoo.models.networks import MLP
from matchzoo.projectors import Identity, Learned
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.composition import Composition
from matchzoo.training.loop import Training


@pytest.fixture(scope="module")
def trained() -> Trained:
    """An encoder of digits after two steps, with an average of it beside."""
    table = barlow()
    table["projectors"]["teacher"] = {"kind": "average", "of": "encoder", "decay": 0.5}
    recipe = structure(table, Recipe)
    engine = recipe.engine()
    made = Training(recipe.build(engine), recipe.trainer, engine)
    made.prepare(quiet=True)
    made.step(1)
    made.step(2)
    return Trained(parts=made.parts, engine=engine, method="ours", seed=3, quiet=True)


def test_labels_are_of_all_classes_alike() -> None:
    labels = torch.arange(200) % 7
    rows = draw_labeled(labels, 23, 7, Step(0, 0).rng("rows"))
    assert sorted(labels[rows].bincount().tolist()) == [3, 3, 3, 3, 3, 4, 4]
    assert len(rows.unique()) == 23
    assert not torch.equal(rows, draw_labeled(labels, 23, 7, Step(0, 1).rng("rows")))


def test_records_are_those_of_probes_on_rows_that_choose_nothing(trained: Trained) -> None:
    evaluation = FewLabels(
        space="encoder", labels=(20, 40), draws=2, protocol="ridge", baselines=("untrained", "pixels")
    )
    records = evaluation.evaluate(trained)
    assert [(r["method"], r["labels"]) for r in records] == [
        (name, count) for name in ("ours", "untrained", "pixels") for count in (20, 40)
    ]
    assert {(r["protocol"], r["seeds"], r["space"]) for r in records} == {("ridge", 2, "encoder")}
    head = evaluation.table(records)[0]
    assert head == ["method", "space", "protocol", "20 labels, top-1 %", "40 labels, top-1 %", "draws"]

    data, encoder = trained.parts.data, trained.parts.projectors["encoder"]
    rows, choosing = evaluation._split(trained.parts)
    assert len(choosing) == pytest.approx(899 / 3, abs=5)
    labels = data.training_set.labels
    drawn = rows[draw_labeled(labels[rows], 20, 10, Step(0, 3).rng("few-labels", 20, 1))]
    with torch.no_grad():
        own, others, test = (
            encoder(split.all().values.double())
            for split in (data.training_set.part(drawn), data.training_set.part(choosing), data.test_set)
        )
    classifier = linear_probe(own, labels[drawn], others, labels[choosing], evaluation.protocol)
    accuracy = classifier.accuracy(test, data.test_set.labels)
    assert records[0]["top1"][1] == pytest.approx(100 * accuracy)


def test_the_untrained_encoder_is_that_of_the_first_step(trained: Trained) -> None:
    recipe = structure(barlow(), Recipe)
    parts: Composition = recipe.build(recipe.engine())
    [fresh], [average] = untrained(trained.parts, "encoder"), untrained(trained.parts, "teacher")
    first = parts.projectors["encoder"].state_dict()
    for other in (fresh, average):
        assert all(torch.equal(value.double(), first[key]) for key, value in other.state_dict().items())
    assert any(
        not torch.equal(value, first[key]) for key, value in trained.parts.projectors["encoder"].state_dict().items()
    )


def test_neighbors_and_a_supervised_network(trained: Trained) -> None:
    evaluation = FewLabels(
        space="embedding", labels=(2,), per_class=True, draws=1, protocol="k-nn", baselines=("supervised",),
        supervised_steps=3,
    )  # fmt: skip
    before = copy.deepcopy(trained.parts.projectors["encoder"].state_dict())
    neighbors, supervised = evaluation.evaluate(trained)
    assert neighbors["labels"] == supervised["labels"] == 20
    assert neighbors["chosen"][0].keys() == {"neighbors"}
    assert supervised["method"] == supervised["protocol"] == "supervised"
    assert supervised["top1_std"] is None
    after = trained.parts.projectors["encoder"].state_dict()
    assert all(torch.equal(value, after[key]) for key, value in before.items())


def test_a_supervised_network_learns_its_labels() -> None:
    images = torch.randn(12, 5, generator=torch.Generator().manual_seed(0))
    labels = (images[:, 0] > 0).long()
    head = Learned(network=MLP(widths=()), features=2)
    head.build(Spec(shape=(5,)))
    fit_supervised([Identity(), head], images, labels, torch.Generator().manual_seed(1), steps=60, lr=0.1)
    assert (head(images).argmax(1) == labels).all()


WRONG = {
    "space": ({"space": "encodr"}, r"evaluation\.space: unknown projector 'encodr'; did you mean 'encoder'\?"),
    "few": ({"labels": (5,)}, r"evaluation\.labels: expected one of each of 10 classes at least, got 5 in all"),
    "many": ({"labels": (5000,)}, r"evaluation\.labels: expected at most \d+, the training samples that do not choose"),
}


def test_a_space_that_nobody_moves_has_no_untrained_one(trained: Trained) -> None:
    parts = attrs.evolve(trained.parts, players={})
    with pytest.raises(MatchZooError, match=r"evaluation\.baselines: nobody moves 'encoder'"):
        FewLabels(space="encoder", labels=(20,)).check(parts)
    FewLabels(space="encoder", labels=(20,), baselines=("pixels",)).check(parts)
    FewLabels(space="teacher", labels=(20,)).check(trained.parts)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused(name: str, trained: Trained) -> None:
    fields, message = WRONG[name]
    with pytest.raises(MatchZooError, match=message):
        FewLabels(**fields).check(trained.parts)
