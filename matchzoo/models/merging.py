"""Networks of one architecture, trained apart from one start, as one network: pure functions of their tensors."""

import math
from collections.abc import Mapping, Sequence

import torch

from matchzoo.core.errors import MatchZooError

Tensors = Mapping[str, torch.Tensor]
"""The parameters and buffers of a network, by name."""
AT_ONCE = 2**24
"""Numbers of gradients of single samples that `fisher_information` holds at once."""


def mean_of(networks: Sequence[Tensors], weights: Sequence[float] | None = None) -> dict[str, torch.Tensor]:
    """Σ_j w_j θ_j / Σ_j w_j of every tensor; integers (counters of batch norm) are those of the first network.

    Args:
        networks: θ_j, at least one, of one layout.
        weights: w_j ≥ 0; equal ones if not given.

    Raises:
        MatchZooError: names or shapes differ, or weights are of another number, negative or all 0.
    """
    weights = checked_weights(networks, weights)
    total = sum(weights)
    return {
        name: sum_of([w / total for w in weights], [network[name] for network in networks])
        if first.is_floating_point()
        else first.clone()
        for name, first in networks[0].items()
    }


def task_arithmetic(start: Tensors, networks: Sequence[Tensors], scale: float = 0.3) -> dict[str, torch.Tensor]:
    """θ_0 + λ Σ_j (θ_j − θ_0) of every tensor: what each network learned since the start, added up.

    Args:
        start: θ_0, what the networks were trained from.
        networks: θ_j, at least one, of the same layout.
        scale: λ; 1 / (number of networks) gives their mean.

    Raises:
        MatchZooError: there is no network, names or shapes differ, or the scale is not finite.

    Source: Ilharco et al., Editing models with task arithmetic, ICLR 2023.
    """
    if not networks:
        raise MatchZooError("networks: expected at least one beside the start")
    if not math.isfinite(scale):
        raise MatchZooError(f"scale: expected a finite number, got {scale}")
    checked_weights([start, *networks], None)
    merged = {}
    for name, first in start.items():
        if first.is_floating_point():
            moves = [network[name] - first for network in networks]
            merged[name] = first + scale * sum_of([1.0] * len(moves), moves)
        else:
            merged[name] = first.clone()
    return merged


def fisher_mean(
    networks: Sequence[Tensors],
    fishers: Sequence[Tensors],
    weights: Sequence[float] | None = None,
    *,
    floor: float = 1e-6,
    normalize: bool = True,
) -> dict[str, torch.Tensor]:
    """Σ_j w_j F_j θ_j / Σ_j w_j F_j, number by number: each network counts where its predictions depend on a parameter.

    It minimizes Σ_j w_j Σ_k F_jk (θ_k − θ_jk)². Where no network depends on a parameter, the first one's is taken: the
    floor is added to its information alone. Tensors without information, such as the running means of batch norm, are
    averaged by the weights.

    Examples:
        >>> fishers = [fisher_information(network, images) for network in networks]
        >>> fisher_mean([network.state_dict() for network in networks], fishers)

    Args:
        networks: θ_j, at least one, of one layout.
        fishers: F_j ≥ 0 of their parameters (`fisher_information`), of the same shapes.
        weights: w_j ≥ 0; equal ones if not given. That of the first is above 0.
        floor: least information of the first network, above 0.
        normalize: divide every w_j by the norm of F_j over all parameters, so that a network that is surer of its own
            samples does not outvote the others.

    Raises:
        MatchZooError: names or shapes differ, or weights are of another number, negative or 0 for the first; or the
            floor is not above 0.

    Source: Matena and Raffel, Merging models with Fisher-weighted averaging, NeurIPS 2022, equation 5.
    """
    weights = checked_weights(networks, weights)
    if len(fishers) != len(networks):
        raise MatchZooError(f"fishers: expected one of each of {len(networks)} networks, got {len(fishers)}")
    for number, fisher in enumerate(fishers, 1):
        odd = [n for n in fishers[0].keys() | fisher.keys() if n not in fisher or n not in networks[0]]
        odd += [n for n, x in fisher.items() if n in networks[0] and x.shape != networks[0][n].shape]
        if odd:
            message = f"number {number} and the networks differ in '{min(odd)}': expected one shape each"
            raise MatchZooError(f"fishers: {message}")
    if not floor > 0:
        raise MatchZooError(f"floor: expected a number above 0, got {floor}")
    if not weights[0]:
        raise MatchZooError("weights: that of the first network must be above 0, since it decides where none is sure")
    if normalize:
        norms = [math.sqrt(sum(x.double().square().sum().item() for x in fisher.values())) for fisher in fishers]
        weights = [w / norm if norm else w for w, norm in zip(weights, norms, strict=True)]

    merged = mean_of(networks, weights)
    for name, first in fishers[0].items():
        informations = [first.clamp_min(floor), *(fisher[name] for fisher in fishers[1:])]
        factors = [w * information for w, information in zip(weights, informations, strict=True)]
        numbers = [factor * network[name] for factor, network in zip(factors, networks, strict=True)]
        merged[name] = torch.stack(numbers).sum(0) / torch.stack(factors).sum(0)
    return merged


def fisher_information(network: torch.nn.Module, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """F = mean_i Σ_y p(y|x_i) (∂ log p(y|x_i) / ∂θ)² of every parameter of a classifier, p = softmax of its scores.

    The expectation over labels is exact, and gradients are of single samples. (With the given labels in place of it, it
    would be the empirical Fisher information, another matrix.)

    Args:
        network: gives class scores [n, c], each of one sample by itself; put into evaluation mode meanwhile.
        inputs: [n, …] of the data that it was trained on; a few hundred are enough.

    Returns:
        By the names of the parameters, of their shapes.

    Raises:
        MatchZooError: there are no inputs.
    """
    if not len(inputs):
        raise MatchZooError("inputs: expected at least one sample, got none")
    parameters = {name: parameter.detach() for name, parameter in network.named_parameters()}
    buffers = dict(network.named_buffers())

    def logs(values: dict[str, torch.Tensor], sample: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        scores = torch.func.functional_call(network, {**values, **buffers}, (sample[None],))
        logs = scores[0].log_softmax(0)
        return logs, logs.detach()

    per_sample = torch.func.vmap(torch.func.jacrev(logs, has_aux=True), in_dims=(None, 0))
    training = network.training
    network.eval()
    try:
        with torch.no_grad():
            classes = network(inputs[:1]).shape[1]
        size = classes * sum(parameter.numel() for parameter in parameters.values())
        total = {name: torch.zeros_like(parameter) for name, parameter in parameters.items()}
        for some in inputs.split(max(1, AT_ONCE // size)):
            gradients, logs_of = per_sample(parameters, some)
            for name, gradient in gradients.items():
                total[name] += torch.einsum("nc,nc...->...", logs_of.exp(), gradient.square())
    finally:
        network.train(training)
    return {name: value / len(inputs) for name, value in total.items()}


def parameter_cosine(first: Tensors, second: Tensors) -> float:
    """The cosine of all floating-point numbers of two networks, as one vector each: near 1 for networks that were
    trained a little from one start, near 0 for those that began apart, whose means are of no use."""
    pairs = [
        (x.double().flatten(), second[name].double().flatten()) for name, x in first.items() if x.is_floating_point()
    ]
    products = torch.tensor([[a @ b, a @ a, b @ b] for a, b in pairs], dtype=torch.float64).sum(0)
    return (products[0] / (products[1] * products[2]).sqrt().clamp_min(1e-300)).item()


def sum_of(factors: Sequence[float], tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """Σ_j f_j x_j of tensors […] of one shape."""
    total = factors[0] * tensors[0]
    for factor, tensor in zip(factors[1:], tensors[1:], strict=True):
        total = total + factor * tensor
    return total


def checked_weights(networks: Sequence[Tensors], weights: Sequence[float] | None) -> list[float]:
    """Weights as they are, or equal ones; raises unless networks have one layout and weights fit."""
    if not networks:
        raise MatchZooError("networks: expected at least one to merge")
    first = networks[0]
    for number, network in enumerate(networks[1:], 1):
        odd = sorted(first.keys() ^ network.keys())
        if odd:
            raise MatchZooError(f"networks: '{odd[0]}' is in one of the first and number {number + 1} alone")
        for name, tensor in first.items():
            if tensor.shape != network[name].shape:
                got = f"{list(tensor.shape)} and {list(network[name].shape)}"
                raise MatchZooError(f"networks: '{name}' has the shapes {got} in the first and number {number + 1}")
    if weights is None:
        return [1.0] * len(networks)
    if len(weights) != len(networks) or not all(0 <= w < math.inf for w in weights) or not sum(weights):
        message = f"expected {len(networks)} numbers, none below 0 and one above"
        raise MatchZooError(f"weights: {message}, got {list(weights)}")
    return list(weights)
