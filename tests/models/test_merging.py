"""Merged networks: golden values, what is the same by algebra, and what is refused."""

import math

import pytest
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.models.merging import fisher_information, fisher_mean, mean_of, parameter_cosine, task_arithmetic

EXACT = {"rtol": 1e-12, "atol": 1e-12}


@pytest.fixture
def values(golden):
    return {key: torch.from_numpy(array) for key, array in golden("self_targets.npz").items()}


@pytest.fixture
def networks(values):
    made = [torch.nn.Linear(4, 3, dtype=torch.float64) for _ in range(2)]
    for network, weight, bias in zip(made, values["fisher_w"], values["fisher_b"], strict=True):
        network.load_state_dict({"weight": weight, "bias": bias})
    return made


def test_golden_values(values, networks):
    fishers = [fisher_information(network, values["fisher_x"]) for network in networks]
    tensors = [network.state_dict() for network in networks]
    for number, fisher in enumerate(fishers):
        torch.testing.assert_close(fisher["weight"], values["fisher_diag_w"][number], **EXACT)
        torch.testing.assert_close(fisher["bias"], values["fisher_diag_b"][number], **EXACT)

    plain = fisher_mean(tensors, fishers, normalize=False)
    torch.testing.assert_close(plain["weight"], values["fisher_merged_w"], **EXACT)
    torch.testing.assert_close(plain["bias"], values["fisher_merged_b"], **EXACT)
    normalized = fisher_mean(tensors, fishers)
    torch.testing.assert_close(normalized["weight"], values["fisher_merged_w_normalised"], **EXACT)
    torch.testing.assert_close(normalized["bias"], values["fisher_merged_b_normalised"], **EXACT)
    uneven = fisher_mean(tensors, fishers, [0.3, 0.7], normalize=False)
    torch.testing.assert_close(uneven["weight"], values["fisher_merged_w_03_07"], **EXACT)

    torch.testing.assert_close(mean_of(tensors)["weight"], values["fisher_mean_w"], **EXACT)
    start = {"weight": values["fisher_w0"], "bias": values["fisher_b0"]}
    torch.testing.assert_close(task_arithmetic(start, tensors, 0.3)["weight"], values["fisher_task_w_03"], **EXACT)


def test_equal_information_gives_the_mean_and_none_the_first(networks):
    tensors = [network.state_dict() for network in networks]
    ones = [{name: torch.ones_like(x) for name, x in tensors[0].items()}] * 2
    torch.testing.assert_close(fisher_mean(tensors, ones), mean_of(tensors))
    zeros = [{name: torch.zeros_like(x) for name, x in tensors[0].items()}] * 2
    torch.testing.assert_close(fisher_mean(tensors, zeros), dict(tensors[0]))
    torch.testing.assert_close(task_arithmetic(tensors[0], [tensors[1]], 1.0), dict(tensors[1]))


def test_information_of_a_network_with_hidden_units_is_that_of_a_loop():
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 3)).double()
    inputs = torch.randn(5, 3, dtype=torch.float64)
    total = [torch.zeros_like(p) for p in network.parameters()]
    for one in inputs:
        logs = network(one[None])[0].log_softmax(0)
        for log in logs:
            gradients = torch.autograd.grad(log, list(network.parameters()), retain_graph=True)
            total = [t + log.exp().detach() * g.square() / 5 for t, g in zip(total, gradients, strict=True)]
    found = fisher_information(network.train(), inputs)
    torch.testing.assert_close(list(found.values()), total)
    assert network.training


def test_counters_are_those_of_the_first():
    first, second = ({"mean": torch.tensor([x]), "count": torch.tensor(n)} for x, n in ((1.0, 3), (3.0, 5)))
    merged = mean_of([first, second])
    assert merged["mean"].item() == 2
    assert merged["count"].item() == 3


def test_cosine_tells_a_common_start():
    start = torch.randn(1000, dtype=torch.float64)
    near, far = start + 0.1 * torch.randn(1000, dtype=torch.float64), torch.randn(1000, dtype=torch.float64)
    assert parameter_cosine({"w": start}, {"w": near}) > 0.9
    assert abs(parameter_cosine({"w": start}, {"w": far})) < 0.2


def test_what_is_refused():
    first = {"w": torch.zeros(2)}
    for call, message in [
        (lambda: mean_of([first, {"v": torch.zeros(2)}]), "'v' is in one of the first and number 2 alone"),
        (lambda: mean_of([first, {"w": torch.zeros(3)}]), r"shapes \[2\] and \[3\]"),
        (
            lambda: mean_of([first, first], [1.0]),
            r"weights: expected 2 numbers, none below 0 and one above, got \[1.0\]",
        ),
        (lambda: mean_of([first, first], [0.0, 0.0]), "weights"),
        (lambda: mean_of([first, first], [math.nan, 1.0]), "none below 0 and one above"),
        (lambda: mean_of([]), "at least one"),
        (lambda: task_arithmetic(first, []), "at least one beside the start"),
        (lambda: task_arithmetic(first, [first], math.inf), "scale: expected a finite number"),
        (lambda: fisher_mean([first], [{"v": torch.zeros(2)}]), "fishers: number 1 and the networks differ in 'v'"),
        (lambda: fisher_mean([first], [first], floor=0.0), "floor: expected a number above 0"),
        (lambda: fisher_information(torch.nn.Linear(2, 2), torch.zeros(0, 2)), "inputs: expected at least one"),
        (lambda: fisher_mean([first], []), "fishers: expected one of each of 1"),
        (lambda: fisher_mean([first, first], [first, first], [0.0, 1.0]), "first network must be above 0"),
    ]:
        with pytest.raises(MatchZooError, match=message):
            call()
