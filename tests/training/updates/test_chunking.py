"""Chunks of any size and any number of processes give the gradient of one graph, in float64 to 1e-12."""

import copy
import gc

import attrs
import pytest
import torch
from helpers.training_steps import train

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.step import Step
from matchzoo.generators import Generator
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.engine import Engine
from matchzoo.training.loop import Training
from matchzoo.training.updates.chunking import automatic, chunks, couples_rows, excerpt, kept_bytes


def soft(table: dict) -> dict:
    table["generator"]["soft_labels"] = "learned"
    return table


def noisy_and_online(table: dict) -> dict:
    table["players"]["generator"]["minimize"][0]["reference"] = "online"
    return table


def uneven(table: dict) -> dict:
    table["generator"] = {"kind": "pixels", "images_per_class": 2}
    table["trainer"]["batch"] = 7
    table["views"]["copies"] = 3
    return table


def other_real_batch(table: dict, count: int) -> dict:
    table["trainer"]["real_batch"] = count
    return table


CASES = {
    "lgm": lambda lgm, ring: lgm,
    "more real ones": lambda lgm, ring: other_real_batch(noisy_and_online(lgm), 33),
    "fewer real ones, which have a graph": lambda lgm, ring: other_real_batch(ring, 12),
    "soft labels": lambda lgm, ring: soft(lgm),
    "online": lambda lgm, ring: noisy_and_online(lgm),
    "pixels, 7 of 20, 3 views": lambda lgm, ring: uneven(lgm),
    "gram": lambda lgm, ring: ring,
    "gram in turns": lambda lgm, ring: (
        ring | {"trainer": {**ring["trainer"], "schedule": ["2*projector", "generator"]}}
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_any_chunk_gives_the_gradient_of_one_graph(name, lgm, ring):
    table = CASES[name](lgm, ring)
    values, state = train(table, 10_000)
    for chunk in (1, 7):
        other, parts = train(table, chunk)
        assert other == [pytest.approx(v, rel=1e-12, abs=1e-12) for v in values]
        for key, tensor in state.items():
            # Adam divides by the root of the mean square: what is rounding of a zero gradient may move by its size
            torch.testing.assert_close(parts[key], tensor, rtol=1e-9, atol=1e-8)


def test_first_gradient_agrees_to_the_last_digits(lgm):
    found = []
    for chunk in (10_000, 3):
        table = copy.deepcopy(lgm)
        table["trainer"] |= {"chunk": chunk, "precision": "float64"}
        recipe = structure(table, Recipe)
        engine = recipe.engine()
        training = Training(recipe.build(engine), recipe.trainer, engine)
        training.prepare(quiet=True)
        training._let_move({"generator"})
        step = Step(1, 0)
        _, gradients = training.gradients(training.parts.players, training.sets(("generator",), step, 0), step)
        found.append(gradients["generator"][0])
    assert found[0].abs().max() > 1e-4
    torch.testing.assert_close(found[1], found[0], rtol=1e-12, atol=1e-15)


def test_excerpt_is_the_rows_and_its_gradients_are_of_their_size(lgm_recipe):
    parts = lgm_recipe.build()
    generator: Generator = parts.generator
    generator.before_step(Step(7, 0))  # three levels
    draws = torch.tensor([7, 2])
    samples, leaves = excerpt(generator, draws)
    whole = generator.render(draws)
    assert torch.equal(samples.values, whole.values)
    assert torch.equal(samples.labels, whole.labels)
    assert torch.equal(samples.index, draws)
    assert [leaf.shape[0] for leaf in leaves.values()] == [2, 2, 2]
    wanted = torch.autograd.grad(whole.values.square().sum(), list(generator.parameters()))
    own = [leaves[id(p)] for p in generator.parameters()]
    for all_rows, some in zip(wanted, torch.autograd.grad(samples.values.square().sum(), own), strict=True):
        torch.testing.assert_close(all_rows[draws], some)


def test_chunks_cover_the_rows():
    assert chunks(range(3, 10), 3) == [range(3, 6), range(6, 9), range(9, 10)]
    assert chunks(range(0), 3) == []


def test_rows_of_processes_cover_all_in_equal_shares():
    for world in (1, 2, 3, 7):
        shares = [
            Engine(torch.device("cpu"), torch.float32, rank=r, world_size=world).local_rows(20) for r in range(world)
        ]
        assert [row for share in shares for row in share] == list(range(20))
        assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_automatic_size_follows_the_memory(lgm_recipe, monkeypatch):
    recipe = lgm_recipe
    engine = recipe.engine()
    training = Training(recipe.build(engine), recipe.trainer, engine)
    assert training.chunk == training.rows == 20
    training._let_move({"generator"})
    side = training.sets(("generator",), Step(1, 0), 0)["synthetic"]
    each = (kept_bytes(side, 12) - kept_bytes(side, 4)) / 8
    assert each > 10_000
    gc.collect()
    before = sum(issubclass(type(one), torch.Tensor) for one in gc.get_objects())
    kept_bytes(side, 12)
    gc.collect()
    assert sum(issubclass(type(one), torch.Tensor) for one in gc.get_objects()) == before  # what was measured is let go
    for room, expected in ((9.5, 8), (5.5, 5), (0.1, 1), (1e6, 20)):
        monkeypatch.setattr(Engine, "free", lambda self, room=room: int(room * each))
        assert automatic(side, engine, 0, twice=False) == expected
    monkeypatch.setattr(Engine, "free", lambda self: int(19 * each))
    assert automatic(side, engine, 20, twice=True) == 8
    assert automatic(side, engine, 50, twice=False) == 16  # more real rows than there is room for, even without a graph
    assert automatic(side, engine, 0, twice=False) == 16
    monkeypatch.setattr(Engine, "free", lambda self: int(50.5 * each))
    assert automatic(side, engine, 50, twice=False) == 50
    assert automatic(side, engine, 50, twice=True) == 24
    monkeypatch.setattr(Engine, "free", lambda self: int(70.5 * each))
    assert automatic(side, engine, 50, twice=True) == 50


def test_the_real_batch_is_the_recipes_and_every_class_has_its_share(lgm):
    lgm["data"]["sampling"] = "balanced"
    table = other_real_batch(noisy_and_online(lgm), 40)
    recipe = structure(table, Recipe)
    training = Training(recipe.build(), recipe.trainer, recipe.engine())
    drawn = training.sets(("generator",), Step(1, 0), 0)
    synthetic, real = drawn["synthetic"], drawn["real"]
    assert (len(synthetic), len(real)) == (training.rows, training.longest) == (20, 40)
    features = real.features()["projector"]
    assert features.labels.bincount().tolist() == [4] * 10
    assert training.chunk == 40
    several = attrs.evolve(recipe.engine(), world_size=3)
    few = structure(other_real_batch(table, 2), Recipe)
    with pytest.raises(MatchZooError, match=r"trainer\.real_batch: 3 processes need at least a real sample each"):
        Training(few.build(), few.trainer, several)
    table["players"]["generator"]["minimize"][0]["reference"] = "cache"
    stored = structure(table, Recipe)
    assert Training(stored.build(), stored.trainer, stored.engine()).real_rows == 0


def test_batch_norm_refuses_chunks_and_keeps_whole_batches(ring):
    ring["projector"]["network"]["norm"] = "batch"
    values, _ = train(ring, "auto", 1)
    assert values
    with pytest.raises(
        DeclarationError, match=r"trainer\.chunk: a batch cannot be computed in parts, since the projec"
    ):
        train(ring, 3, 1)
    recipe = structure(ring, Recipe)
    parts = recipe.build()
    assert couples_rows(parts.projector)
    assert not couples_rows(parts.generator)
    several = attrs.evolve(recipe.engine(), world_size=2)
    with pytest.raises(DeclarationError, match="the projector has batch norm; use one process"):
        Training(parts, recipe.trainer, several)


def test_reconstruction_refuses_chunks(ring):
    mlp = {"kind": "mlp", "widths": [8]}
    ring["projector"] = {"kind": "auto-encoder", "features": 4, "encoder": mlp, "decoder": mlp}
    ring["players"]["projector"]["minimize"] = [{"kind": "reconstruction", "weight": 8.0}]
    with pytest.raises(DeclarationError, match=r"players\.projector\.minimize\[0\] looks behind the features"):
        train(ring, 3, 1)
    assert train(ring, "auto", 1)
