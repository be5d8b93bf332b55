"""All scorers by name: those that need the source say so, and names are checked."""

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.evaluation.scorers import Candidate, SourceSide, prediction_entropy, scores


def test_scorers_by_name_are_larger_for_better_and_say_what_they_need():
    rng = torch.Generator().manual_seed(0)
    rows, weight = torch.randn(40, 3, generator=rng), torch.randn(2, 3, generator=rng)
    candidate = Candidate(rows @ weight.T, rows, lambda x: (x @ weight.T).argmax(1))
    rated = scores(candidate, ["entropy", "mixval"])
    assert list(rated) == ["entropy", "mixval"]
    assert rated["entropy"] == -prediction_entropy(candidate.logits)
    with pytest.raises(MatchZooError, match="dev: needs labeled samples of the source"):
        scores(candidate, ["entropy", "dev"])
    with pytest.raises(MatchZooError, match="did you mean 'entropy'"):
        scores(candidate, ["entrpy"])

    source = SourceSide(rows, candidate.logits, candidate.logits.argmax(1))
    same = Candidate(candidate.logits, rows, candidate.predict, rows, source)
    assert scores(same, ["circular"])["circular"] > 0.9
