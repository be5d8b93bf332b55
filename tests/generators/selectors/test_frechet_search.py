"""Parts of a pool like a target: golden values, and a choice that has one answer."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.generators.selectors import frechet_search
from matchzoo.recipes.recipe import Recipe


def test_golden_values(golden):
    values = {key: torch.from_numpy(x) for key, x in golden("transport.npz").items() if key.startswith("snp")}
    clusters = values["snp_clusters"]
    pool, rows = clusters.reshape(-1, 3), torch.arange(5).repeat_interleave(40)
    search = frechet_search(pool, rows, values["snp_target"])
    torch.testing.assert_close(search.distances, values["snp_fd"], rtol=0, atol=1e-9)
    torch.testing.assert_close(search.joint, values["snp_prefix_fd"], rtol=0, atol=1e-9)
    assert search.order.tolist() == values["snp_order"].tolist()
    assert search.kept == int(values["snp_chosen"])
    assert search.rows(rows).equal(torch.isin(rows, search.order[: search.kept]).nonzero().flatten())


def test_what_is_refused():
    with pytest.raises(MatchZooError, match=r"a row of each of 3 clusters and two of the target, .* got 0 and 5"):
        frechet_search(torch.rand(3, 2), torch.tensor([0, 0, 2]), torch.rand(5, 2))


def test_a_cluster_of_one_row_is_a_point():
    target = torch.randn(50, 2, dtype=torch.float64)
    pool = torch.cat([target, torch.tensor([[9.0, 9.0]], dtype=torch.float64)])
    search = frechet_search(pool, torch.tensor([0] * 50 + [1]), target)
    assert (search.order.tolist(), search.kept) == ([0, 1], 1)
    spread = target.T.cov().trace() + (target.mean(0) - 9).square().sum()
    torch.testing.assert_close(search.distances[1], spread)


def recipe(**method) -> Recipe:
    digits = {"kind": "digits", "size": 8, "channels": 1}
    inverted = {"kind": "shifted", "source": digits, "shifts": ["inverted"]}
    return Recipe.of(
        {
            "schema": 2,
            "data": {
                "kind": "combined",
                "environments": {"plain": digits, "inverted": inverted},
                "others": {"target": inverted},
                "unlabeled": ["target"],
            },
            "generator": {
                "kind": "selection",
                "method": {"kind": "frechet-search", "clusters": 4, "budget": 60, **method},
            },
            "players": {},
            "trainer": {"steps": 0, "device": "cpu"},
        }
    )


def test_the_half_that_is_like_the_target(tmp_path):
    run = recipe().run(tmp_path, quiet=True)
    chosen = run.distilled
    assert len(chosen) == 60
    assert chosen.images.mean() > 0.6  # inverted digits are bright


@pytest.mark.parametrize(
    ("method", "message"),
    [({"target": "tarket"}, "unknown set 'tarket'"), ({"budget": 5000}, "samples, got 5000; use fewer clusters")],
)
def test_what_a_recipe_cannot_ask_for(method, message, tmp_path):
    with pytest.raises(DeclarationError, match=message):
        recipe(**method).run(tmp_path, quiet=True)
