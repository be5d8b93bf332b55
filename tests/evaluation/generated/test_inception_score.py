"""The Inception score as an evaluation: of the classifier that it names."""

import pytest

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation import Evaluation, Trained
from matchzoo.evaluation.evaluation import some_rows
from matchzoo.evaluation.metrics import inception_score
from matchzoo.recipes.recipe import Recipe


def test_it_is_that_of_the_softmax_of_the_projector(ring: dict) -> None:
    recipe = Recipe.of(ring)
    engine = recipe.engine()
    parts = recipe.build(engine)
    table = {"kind": "inception-score", "projector": "identity", "samples": 30, "splits": 3}
    evaluation = structure(table, Evaluation)
    own, training, *rest = evaluation.evaluate(Trained(parts=parts, engine=engine, method="own", seed=0, quiet=True))
    values = parts.data.training_set.values[some_rows(parts.data.training_set, 30)]
    expected = inception_score(values.double().softmax(1), 3)
    assert training["inception_score"] == pytest.approx(expected.mean, rel=1e-6)
    assert training["deviation"] == pytest.approx(expected.deviation, rel=1e-5)
    assert 1 <= own["inception_score"] <= 2
    assert evaluation.table([own, training, *rest])[0][-1] == "Inception score [identity]"
    with pytest.raises(MatchZooError, match="expected at most"):
        structure({**table, "splits": 31}, Evaluation).check(parts)
