"""The Inception network of FID: its published layout, its features against the library's own, and what it says."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
import torch
import torchvision
from helpers.hub_server import HubServer, hub  # noqa: F401
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

from matchzoo import zoo
from matchzoo.cli import main
from matchzoo.core.declaration.structuring import to_table
from matchzoo.core.declaration.toml import write_toml
from matchzoo.core.errors import MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.evaluation import FeatureDistances, Trained
from matchzoo.projectors import Backbone
from matchzoo.recipes.recipe import Recipe
from matchzoo.zoo import fid_inception
from matchzoo.zoo.weights import RandomWeights, UrlWeights


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the published layout, its digits in its name, whose values let signals through."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = torchvision.models.inception_v3(
            weights=None, num_classes=1008, aux_logits=False, init_weights=False
        ).eval()
        for name, value in network.named_parameters():
            if value.dim() == 4:
                torch.nn.init.kaiming_normal_(value)
            elif name.endswith("bn.bias"):
                torch.nn.init.normal_(value, std=0.1)
        for name, value in network.named_buffers():
            if name.endswith("running_mean"):
                value.normal_(std=0.1)
    path = tmp_path_factory.mktemp("weights") / "made.pth"
    torch.save(network.state_dict(), path)
    digits = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    return path.rename(path.with_name(f"weights-inception-2015-12-05-{digits}.pth"))


@pytest.fixture
def card(file: Path, tmp_path: Path, hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:  # noqa: F811
    """The card with its weights on a server of this machine, and an empty cache of torch.hub."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    hub.add("owner/name", {file.name: file})
    table = to_table(zoo.load("inception-fid"))
    table["weights"] = {"kind": "url", "url": f"{hub.url}/owner/name/resolve/main/{file.name}"}
    path = tmp_path / "inception-fid.toml"
    path.write_text(write_toml(table))
    return path


def test_features_are_those_of_torch_fidelity(card: Path, file: Path) -> None:
    """Through server, cache, hash, reader and strict load; images of two sizes, smaller and larger than 299."""
    backbone = Backbone(card=str(card))
    assert "are not in the cache" in zoo.load(str(card)).needs()
    assert backbone.build(Spec(shape=(3, 32, 32))) == 2048
    assert zoo.load(str(card)).needs() == ""
    library = FeatureExtractorInceptionV3("name", ["2048"], feature_extractor_weights_path=str(file))
    rng = torch.Generator().manual_seed(1)
    for shape in ((2, 3, 32, 32), (1, 3, 320, 310)):
        images = torch.randint(256, shape, dtype=torch.uint8, generator=rng)
        with torch.no_grad():
            expected, found = library(images)[0], backbone.project(images / 255)
        assert expected.std() > 0.01
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4 * expected.abs().max().item())


def test_small_images_have_a_gradient(card: Path) -> None:
    backbone = Backbone(card=str(card))
    backbone.build(Spec(shape=(3, 8, 8)))
    x = torch.linspace(0, 1, 192).reshape(1, 3, 8, 8).requires_grad_()
    backbone.project(x).sum().backward()
    assert x.grad is not None
    assert (x.grad != 0).all()


def test_the_card_names_the_published_file() -> None:
    weights = zoo.load("inception-fid").weights
    assert isinstance(weights, UrlWeights)
    assert weights.pin() == "6726825d"
    assert zoo.load("inception-fid").verified is None


def trained(table: dict) -> Trained:
    recipe = Recipe.of(table)
    engine = recipe.engine()
    return Trained(parts=recipe.build(engine), engine=engine, method="own", seed=0, quiet=True)


def test_metrics_bear_its_name(ring: dict, card: Path) -> None:
    ring["data"] = {"kind": "digits", "size": 8}
    evaluation = FeatureDistances(card=str(card), samples=4, neighbors=2)
    parts = trained(ring)
    evaluation.check(parts.parts)
    assert evaluation._name(parts.parts.spec) == str(card)
    assert FeatureDistances(card="inception-fid")._name(parts.parts.spec) == "inception-fid"
    assert FeatureDistances(card="inception-fid", size=64)._name(parts.parts.spec) == "inception-fid at 64 px"
    record = {"features": "inception-fid", "method": "a", "samples": 4, "frechet": 1.0, "kernel": 0.1}
    record |= dict.fromkeys(("precision", "recall", "density", "coverage"), 0.5)
    assert evaluation.table([record])[0][2:4] == ["Fréchet [inception-fid]", "kernel [inception-fid]"]


def test_weights_that_cannot_be_fetched_are_missed_before_training(
    ring: dict,
    card: Path,
    hub: HubServer,  # noqa: F811
) -> None:
    ring["data"] = {"kind": "digits", "size": 8}
    card.write_text(card.read_text().replace("owner/name", "owner/none"))
    with pytest.raises(MatchZooError) as caught:
        FeatureDistances(card=str(card)).check(trained(ring).parts)
    said = str(caught.value)
    assert said.startswith(f"evaluation: backbone {card}: the weights http")
    assert "(the download failed: " in said
    assert said.endswith(f"; or: matchzoo doctor --fetch {card}")


def test_without_the_library(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch_fidelity.feature_extractor_inceptionv3", None)
    with pytest.raises(MatchZooError, match="is torch-fidelity's, which is not installed: pip install torch-fidelity"):
        fid_inception.create()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    card = zoo.load("inception-fid")
    assert card.needs() == ("torch-fidelity, whose architecture it is, is not installed: pip install torch-fidelity")
    main.main(["list", "inception-fid"])
    assert "not here: pip install torch-fidelity" in capsys.readouterr().out


def test_other_architectures_of_the_library_are_refused() -> None:
    card = attrs.evolve(zoo.load("inception-fid"), weights=RandomWeights())
    with pytest.raises(MatchZooError, match="of torch-fidelity only 'inception-v3-compat' is known"):
        zoo.network(attrs.evolve(card, architecture="inception-v4"))
