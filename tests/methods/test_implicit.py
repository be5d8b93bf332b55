"""The recipes of implicit generators: every one builds at its declared size and takes two steps of its own schedule."""

from pathlib import Path

import pytest
import torch

from matchzoo import recipes
from matchzoo.core.storage import number_tables
from matchzoo.training.loop import Training

NAMES = [n for n in recipes.names() if n.split("/")[0] in ("gram", "gan", "mmd-net", "mmd-gan")]
STAND_INS = {  # digits of the same shape, for what is not on every machine
    "mnist": {"kind": "digits", "size": 28, "channels": 1},
    "fashion-mnist": {"kind": "digits", "size": 28, "channels": 1},
    "cifar10": {"kind": "digits", "size": 32},
    "celeba": {"kind": "digits", "size": 64},
}


def test_every_method_has_every_data_set() -> None:
    sets = {"ring-2d", "ring-3d", "gaussian", "digits", "fashion-mnist", "mnist", "cifar10", "celeba", "table"}
    assert set(NAMES) == {f"{method}/{data}" for method in ("gram", "gan", "mmd-net", "mmd-gan") for data in sets}


@pytest.mark.parametrize("name", NAMES)
def test_it_trains(name: str, tmp_path: Path) -> None:
    recipe = recipes.load(name)
    if name.endswith("/table"):
        number_tables.write(tmp_path / "table.csv", torch.randn(40, 3).double().numpy(), ("a", "b", "c"))
        recipe = recipe.replace(**{"data.path": str(tmp_path / "table.csv")})
    data = STAND_INS.get(name.split("/")[1])
    changes: dict = {"trainer.steps": 2, "trainer.batch": 6, "trainer.device": "cpu"}
    if data is not None:
        changes["data"] = data
    shrunk = recipe.replace(**changes)
    engine = shrunk.engine()
    parts = shrunk.build(engine)
    for evaluation in shrunk.evaluation:
        evaluation.check(parts)
    training = Training(parts, shrunk.trainer, engine)
    before = {k: v.clone() for k, v in training.state().items()}
    for number in (1, 2):
        values = training.check(training.step(number), number)
    assert len(values) == sum(len(player.terms) for player in shrunk.players.values())
    after = training.state()
    for part in parts.names:
        if part not in training.fixed:
            assert any(not torch.equal(before[k], v) for k, v in after.items() if k.startswith(f"{part}/"))
    samples = parts.generator.sample(3).values
    assert samples.shape == (3, *parts.spec.shape)
    if parts.spec.is_images:
        assert 0 <= samples.min() <= samples.max() <= 1
