"""InfoNCE: golden values and gradients, closed forms, limits, and what is refused."""

import math

import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.matchers import contrastive_loss, info_nce
from matchzoo.matchers.pairs.positives import others_of_class

CASES = {
    "ntxent_tau05": ({"temperature": 0.5, "form": "nt-xent"}, "ntxent"),
    "ntxent_tau01": ({"temperature": 0.1, "form": "nt-xent"}, None),
    "one_way_tau02": ({"temperature": 0.2}, "one_way"),
    "symmetric_tau02": ({"temperature": 0.2, "form": "symmetric"}, None),
    "one_way_weighted_tau02": ({"temperature": 0.2, "weights": True}, None),
    "queue_loss_tau03": ({"temperature": 0.3, "queue": True, "negatives": "queue"}, "queue"),
}


@pytest.fixture
def values(golden) -> dict[str, torch.Tensor]:
    arrays = golden("self_targets.npz").items()
    return {key.removeprefix("nce_"): torch.from_numpy(array) for key, array in arrays if key.startswith("nce_")}


@pytest.mark.parametrize("name", CASES)
def test_golden_values_and_gradients(name, values):
    options, gradient = CASES[name]
    options = {
        key: values[{"weights": "weights", "queue": "queue"}[key]] if v is True else v for key, v in options.items()
    }
    u, v = (values[side].clone().requires_grad_() for side in "uv")
    loss = info_nce(u, v, **options)
    torch.testing.assert_close(loss, values[name], rtol=1e-12, atol=0)
    single = {key: x.float() if isinstance(x, torch.Tensor) else x for key, x in options.items()}
    torch.testing.assert_close(info_nce(u.float(), v.float(), **single), values[name].float(), rtol=1e-5, atol=0)
    loss.backward()
    for side, tensor in zip("uv", (u, v), strict=True):
        if gradient is not None and f"{gradient}_grad_{side}" in values:
            torch.testing.assert_close(tensor.grad, values[f"{gradient}_grad_{side}"], rtol=1e-10, atol=1e-12)


def test_what_tells_nothing_apart_loses_the_number_of_candidates(values):
    """Equal embeddings, or an infinite temperature: log(K + 1); no other candidate: 0; information is bounded by it."""
    u, v, queue = values["u"], values["v"], values["queue"]
    same = torch.ones(4, 3, dtype=torch.float64)
    with_queue = {"queue": torch.ones(6, 3, dtype=torch.float64)}
    assert info_nce(same, same).item() == pytest.approx(math.log(4))
    assert info_nce(same, same, form="nt-xent").item() == pytest.approx(math.log(7))
    assert info_nce(same, same, **with_queue, negatives="queue").item() == pytest.approx(math.log(7))
    assert info_nce(same, same, **with_queue, negatives="both").item() == pytest.approx(math.log(10))
    assert info_nce(u, v, 1e9, queue=queue, negatives="queue").item() == pytest.approx(values["queue_bound"].item())
    assert info_nce(u, v, queue=queue[:0], negatives="queue").item() == 0
    assert info_nce(u[:1], v[:1]).item() == 0
    assert math.log(8) - info_nce(u, v, 0.01).item() <= math.log(8)


def test_the_gradient_of_a_row_in_closed_form(values):
    """(Σ_j p_j k_j − k₊) / τ without what is along q, over n."""
    u, v = values["u"].requires_grad_(), torch.nn.functional.normalize(values["v"], dim=1)
    info_nce(u, v, 0.3).backward()
    norms = u.detach().norm(dim=1, keepdim=True)
    q = u.detach() / norms
    pulled = ((q @ v.T / 0.3).softmax(1) @ v - v) / 0.3
    across = (pulled - (pulled * q).sum(1, keepdim=True) * q) / norms
    torch.testing.assert_close(u.grad, across / len(q), rtol=1e-10, atol=1e-12)


def test_rows_without_a_partner_do_not_count(values):
    u, v = values["u"], values["v"]
    targets = torch.eye(8)
    targets[3] = 0
    kept = [0, 1, 2, 4, 5, 6, 7]
    expected = contrastive_loss((u @ v.T)[kept], torch.eye(8)[kept])
    torch.testing.assert_close(info_nce(u, v, 1.0, targets=targets, normalize=False), expected)
    lonely = info_nce(u.requires_grad_(), v, targets=torch.zeros(8, 8))
    lonely.backward()
    assert lonely.item() == 0
    assert torch.equal(u.grad, torch.zeros_like(u))


def test_supervised_contrastive_learning_against_a_loop(values):
    """Khosla et al., equation 2: over all rows of both views, each without itself."""
    z = torch.nn.functional.normalize(torch.cat([values["u"], values["v"]]), dim=1)
    labels = torch.tensor([0, 1, 2, 0, 1, 2, 0, 3] * 2)
    total = 0.0
    for i in range(16):
        others = [a for a in range(16) if a != i]
        partners = [p for p in others if labels[p] == labels[i]]
        below = sum(math.exp(z[i] @ z[a] / 0.5) for a in others)
        total -= sum(math.log(math.exp(z[i] @ z[p] / 0.5) / below) for p in partners) / len(partners) / 16
    loss = info_nce(values["u"], values["v"], 0.5, "nt-xent", targets=others_of_class(labels))
    assert loss.item() == pytest.approx(total, rel=1e-12)


def test_weights_of_both_sides(values):
    """A weight of 2 counts a row twice, in all forms."""
    u, v = values["u"], values["v"]
    weights = torch.ones(8)
    weights[2] = 2
    there = contrastive_loss((u @ v.T)[[*range(8), 2]], torch.eye(8)[[*range(8), 2]])
    back = contrastive_loss((v @ u.T)[[*range(8), 2]], torch.eye(8)[[*range(8), 2]])
    options = {"weights": weights, "key_weights": weights, "normalize": False}
    torch.testing.assert_close(info_nce(u, v, 1.0, "symmetric", **options), (there + back) / 2)
    one = info_nce(u, v, 0.5, "nt-xent", weights=torch.ones(8))
    torch.testing.assert_close(one, values["ntxent_tau05"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"form": "nt-xnet"}, "did you mean 'nt-xent'"),
        ({"negatives": "queue"}, 'negatives "queue" and "both" are those of a queue'),
        ({"queue": torch.ones(2, 3)}, '"batch" is without one'),
        ({"queue": torch.ones(2, 3), "negatives": "both", "form": "symmetric"}, 'for the form "one-way"'),
        ({"targets": torch.eye(3)}, r"expected targets of shape \[4, 4\], got \[3, 3\]"),
        ({"keys": torch.ones(5, 3)}, "as many keys as queries, got 4 and 5"),
        ({"keys": torch.ones(4, 2)}, r"got \[4, 3\] and \[4, 2\]"),
        ({"temperature": 0.0}, "temperature above 0, got 0.0"),
        ({"weights": torch.ones(3)}, r"weights \[4\], got \[3\]"),
        ({"queue": torch.ones(2, 5), "negatives": "queue"}, r"queue \[K, 3\], got \[2, 5\]"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    keys = options.pop("keys", torch.ones(4, 3))
    with pytest.raises((DeclarationError, MatchZooError), match=message):
        info_nce(torch.ones(4, 3), keys, **options)
