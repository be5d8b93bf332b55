"""GRAM-nets learn the ring of eight Gaussians."""

import pytest

from matchzoo import recipes


@pytest.mark.slow
def test_gram_net_covers_the_ring(tmp_path):
    """Batch 100, noise of 4 dimensions, width 100, clip, 3000 steps: all modes, and at least 65 % of high quality."""
    short = {"trainer.batch": 100, "generator.dimension": 4, "trainer.steps": 3000}
    recipe = recipes.load("gram/ring-2d").replace(**short, **{"trainer.device": "cpu"})
    record = recipe.run(tmp_path, quiet=True).metrics["results"][0]
    assert record["modes"] == 8
    assert record["high_quality"] >= 0.65
