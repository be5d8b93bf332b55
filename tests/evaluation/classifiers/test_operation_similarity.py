"""How alike the gradients of operations are: against a plain loop, in a run, and what is refused."""

import pytest
import torch
import torch.nn.functional as F
from helpers.room import DIGITS, SGD, TRAINER, V_REX, training

from matchzoo import recipes
from matchzoo.core.errors import DeclarationError
from matchzoo.evaluation import OperationSimilarity
from matchzoo.evaluation.classifiers.operation_similarity import operation_similarity
from matchzoo.models.networks import Supernet
from matchzoo.runs.reevaluation import evaluate_again

NETWORK = {"kind": "supernet", "widths": [3, 4]}
TABLE = {
    "data": DIGITS,
    "projector": {"kind": "learned", "features": 10, "network": NETWORK},
    "players": {"supernet": {"moves": ["projector"], "optimizer": SGD, "minimize": ["classification"]}},
    "trainer": {**TRAINER, "real_batch": 12},
}


@pytest.mark.parametrize("over", ["rows", "whole"])
def test_it_is_the_mean_of_cosines_in_a_plain_loop(over: str) -> None:
    network = Supernet(widths=(3, 4), operations=[["skip", "conv-3"], ["max-3", "conv-3", "conv-5"]])
    network.build((1, 6, 6), (5,), torch.Generator().manual_seed(0))
    network.double().requires_grad_(False).choose(["conv-3", "conv-5"])
    batches = [(torch.randn(7, 1, 6, 6).double(), torch.randint(5, (7,))) for _ in range(3)]
    shown = operation_similarity(network, batches, torch.Generator().manual_seed(4), over=over)
    assert network.path.tolist() == [1, 2]  # as it was

    network.requires_grad_(True)
    rng = torch.Generator().manual_seed(4)
    expected = [torch.zeros(2, 2).double(), torch.zeros(3, 3).double()]
    for x, labels in batches:
        for edge, names in enumerate(network.operations):
            path = [network.operations[i][number] for i, number in enumerate(network.draw(rng).tolist())]
            rows = []
            for name in names:
                path[edge] = name
                network.zero_grad()
                F.cross_entropy(network.choose(path)(x), labels).backward()
                gradients = [p.grad.clone() for key, p in network.named_parameters() if "edges" not in key]
                if over == "whole":
                    rows.append([torch.cat([g.flatten() for g in gradients])])
                else:
                    rows.append([row for g in gradients for row in (g.flatten(1) if g.ndim > 1 else g[None])])
            for i, first in enumerate(rows):
                for j, second in enumerate(rows):
                    alive = [(a, b) for a, b in zip(first, second, strict=True) if a.any() and b.any()]
                    cosines = torch.stack([F.cosine_similarity(a, b, 0) for a, b in alive])
                    expected[edge][i, j] += cosines.mean() / len(batches)
    for matrix, by_hand in zip(shown, expected, strict=True):
        torch.testing.assert_close(matrix, by_hand, rtol=1e-12, atol=1e-12)


def test_chunks_share_the_path_of_a_step_and_a_resumed_run_draws_the_same() -> None:
    whole, chunked, resumed = training(TABLE), training(TABLE, **{"trainer.chunk": 5}), training(TABLE)
    drawn = set()
    for number in (1, 2, 3):
        if number == 3:
            resumed.load(2, {name: value.clone() for name, value in whole.state().items()})
        whole.step(number)
        chunked.step(number)
        drawn.add(tuple(whole.parts.projectors["projector"].network.path.tolist()))
    resumed.step(3)
    assert len(drawn) > 1
    state, others = whole.state(), chunked.state()
    assert all(torch.equal(value, state[name]) for name, value in resumed.state().items())
    for name, value in state.items():
        torch.testing.assert_close(others[name], value, rtol=1e-12, atol=1e-12)


def test_a_run_writes_the_matrix_and_its_picture(tmp_path) -> None:
    changes = {"trainer.steps": 2, "evaluation.0.draws": 2, "projector.network.widths": [3, 4]}
    run = recipes.load("gm-nas/digits").replace(**changes).run(tmp_path / "run", quiet=True)
    evaluation, records = run.evaluations[0], run.metrics["results"]
    assert [record["edge"] for record in records] == [1, 2]
    for record in records:
        similarity, groups = torch.tensor(record["similarity"]), record["groups"]
        assert sorted(groups[0] + groups[1]) == sorted(record["operations"])
        one, other = ([record["operations"].index(name) for name in group] for group in groups)
        assert record["cut"] == pytest.approx(similarity[one][:, other].sum().item(), abs=1e-5)
        assert record["cut"] <= record["mean_cut"]
        rest = similarity - torch.diag(similarity.diagonal())
        assert record["mean_cut"] == pytest.approx(6 * rest.sum().item() / 20, abs=1e-5)
    assert len({len(row) for row in evaluation.table(records)}) == 1
    assert "operation-similarity-0.png" in [path.name for path in run.pictures]
    assert "Picture of operation similarity" in run.page.read_text()

    again = evaluate_again(run, [OperationSimilarity(draws=1, over="whole")], quiet=True)
    assert "operation-similarity-1.png" in [path.name for path in again.pictures]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (V_REX, "expected a learned projector of samples, and 'head' is another one"),
        ({**TABLE, "projector": {**TABLE["projector"], "network": {"kind": "mlp"}}}, 'a network of kind "supernet"'),
        (
            {**TABLE, "projector": {**TABLE["projector"], "network": {**NETWORK, "operations": [["skip"], ["skip"]]}}},
            "that has two at least on some edge",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused_before_training(table: dict, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        OperationSimilarity().check(training(table).parts)
