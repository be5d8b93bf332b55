"""Sets of others measured by the evaluations of recipes, on data that are given."""

import json

import pytest
import torch

from matchzoo.cli.main import main
from matchzoo.core.errors import MatchZooError
from matchzoo.data import Digits
from matchzoo.evaluation import FromScratch, LinearProbe
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.models.networks import MLP
from matchzoo.recipes.comparison import measure

SCRATCH = FromScratch(network=MLP(widths=(8,)), epochs=60, batch=25, seeds=2)
WORDS = '{ kind = "from-scratch", network = { kind = "mlp", widths = [4] }, epochs = 2, seeds = 1 }'
NAMES = tuple("0123456789")


@pytest.fixture(scope="module")
def data() -> Digits:
    return Digits(size=8)


@pytest.fixture(scope="module")
def sets(data, tmp_path_factory):
    """Folders of ten real images of each digit, and of noise."""
    built = Digits(size=8)
    built.build(0)
    train = built.training_set
    rows = torch.cat([(train.labels == label).nonzero().flatten()[:10] for label in range(10)])
    real = DistilledDataset(train.render(rows).values, train.labels[rows], NAMES)
    noise = torch.rand(real.images.shape, generator=torch.Generator().manual_seed(0))
    folder = tmp_path_factory.mktemp("sets")
    real.save(folder / "real")
    DistilledDataset(noise, real.labels, NAMES).save(folder / "noise")
    return folder


def test_networks_are_trained_from_scratch_on_sets_of_others(sets, data):
    made = measure([sets / "real", sets / "noise"], [SCRATCH], data=data, quiet=True)
    own = {record["set"]: record for record in made.records if record["method"] == record["set"]}
    assert own["real"]["top1_mean"] > 60 > 25 > own["noise"]["top1_mean"]
    assert [record["method"] for record in made.records] == ["real", "random", "noise", "random"]
    [(kind, rows)] = made.tables()
    assert (kind, len(rows)) == ("from-scratch", 5)


def test_of_a_subset_on_the_command_line(sets, tmp_path, capsys):
    out = tmp_path / "out.json"
    words = ["--images-per-class", "1", "--data", "digits", "--size", "8", "--output", str(out), "--quiet"]
    main(["evaluate", str(sets / "real"), "--evaluation", WORDS, *words])
    own, random = json.loads(out.read_text())["records"]
    assert (own["method"], own["images"], random["images"]) == ("real, 1 a class", 10, 10)
    assert "(sd" not in capsys.readouterr().out  # of one network


def test_what_is_refused(sets, data):
    with pytest.raises(MatchZooError, match="needs a backbone: give --backbone CARD"):
        measure([sets / "real"], [LinearProbe()], data=data)
    with pytest.raises(MatchZooError, match="real: images_per_class: expected 1 to 10"):
        measure([sets / "real"], [SCRATCH], data=data, images_per_class=11)
    with pytest.raises(MatchZooError, match="no run says what to test on"):
        measure([sets / "real"], [SCRATCH])
    with pytest.raises(MatchZooError, match="at least one set"):
        measure([], [SCRATCH])
