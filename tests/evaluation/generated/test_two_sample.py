"""The evaluation two-sample: its p-value, and other kernels."""

import pytest

from matchzoo.core.declaration.structuring import structure, to_table
from matchzoo.core.errors import DeclarationError
from matchzoo.core.numerics.kernels import Energy, Gaussian
from matchzoo.evaluation import Evaluation, Trained, TwoSample
from matchzoo.evaluation.metrics import permutation_test
from matchzoo.matchers.mmd import squared_mmd
from matchzoo.recipes.recipe import Recipe


@pytest.fixture
def made(ring: dict) -> Trained:
    ring["data"] |= {"points": 300, "test_points": 200}
    recipe = Recipe.of(ring)
    engine = recipe.engine()
    return Trained(parts=recipe.build(engine), engine=engine, method="own", seed=3, quiet=True)


def test_an_untrained_generator_is_told_from_the_truth(made: Trained) -> None:
    evaluation = TwoSample(samples=100, permutations=199)
    records = own, truth = evaluation.evaluate(made)
    assert own["p_value"] == 1 / 200
    assert truth["p_value"] > 0.05
    assert own["permutations"] == truth["permutations"] == 199
    assert [row[3] for row in evaluation.table(records)] == ["p-value", "0.005", f"{truth['p_value']:.3g}"]
    plain = TwoSample(samples=100)
    assert [r["mmd2"] for r in plain.evaluate(made)] == [r["mmd2"] for r in records]
    assert "p-value" not in plain.table(plain.evaluate(made))[0]


def test_the_energy_distance(made: Trained) -> None:
    evaluation = structure({"kind": "two-sample", "samples": 50, "kernel": "energy", "permutations": 19}, Evaluation)
    truth = evaluation.evaluate(made)[1]
    from matchzoo.evaluation.evaluation import some_rows

    train, test = (
        split.render(some_rows(split, 50)).values.double()
        for split in (made.parts.data.training_set, made.parts.data.test_set)
    )
    assert truth["kernel"] == "energy"
    assert "bandwidths" not in truth
    assert truth["mmd2"] == squared_mmd(train, test, Energy(), "unbiased").item()
    assert truth["p_value"] == permutation_test(train, test, Energy(), permutations=19, seed=3).p_value
    assert to_table(evaluation)["kernel"]["kind"] == "energy"


def test_what_it_refuses() -> None:
    with pytest.raises(DeclarationError, match="permutations: expected at least 0, got -1"):
        TwoSample(permutations=-1)
    assert TwoSample(kernel=Gaussian()).permutations == 0
