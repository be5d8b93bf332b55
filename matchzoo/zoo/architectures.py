"""Networks from timm, torchvision and torch-fidelity, with a card's weights in them and without their classifier."""

import contextlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import torch
from torch import nn

from matchzoo.core.errors import MatchZooError, did_you_mean
from matchzoo.zoo import fid_inception
from matchzoo.zoo.backbone_card import BackboneCard, check_expected
from matchzoo.zoo.weights import RandomWeights
from matchzoo.zoo.weights.keys import by_order, layout, renamed

State = dict[str, torch.Tensor]


def build(card: BackboneCard, state: State | None) -> nn.Module:
    """The network of a card in evaluation mode.

    Args:
        card: the backbone.
        state: tensors of its file; None for the network's own initialization, seeded by the card.

    Returns:
        A network [n, 3, h, w] (normalized) → [n, features].

    Raises:
        MatchZooError: the architecture is unknown, the weights do not fit it, or it is not what the card says.
    """
    if state is None:
        seed = card.weights.seed if isinstance(card.weights, RandomWeights) else 0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return blank(card, "cpu")
    if not state:
        raise MatchZooError(f"the file of weights of {card.architecture} holds no tensors")
    state = renamed(state, card.renames)
    if card.mapping == "timm":
        network = _converted(card, state)
    else:
        network = _create(card, with_classifier=True)
        if card.mapping == "by-order":
            state = by_order(state, network.state_dict())
        with _misfit(card):
            network.load_state_dict(state, strict=True)
        network = _without_classifier(card, network)
    return _checked(card, network)


def network(card: BackboneCard) -> nn.Module:
    """The network of a card with its weights: normalized images [n, 3, h, w] → features [n, card.features], in
    evaluation mode.

    Raises:
        MatchZooError: the weights are not here and cannot be fetched (with the command that brings them), are not
            those that the card pins, or do not fit the architecture.
    """
    return build(card, card.weights.state())


def blank(card: BackboneCard, device: str = "meta") -> nn.Module:
    """The network of a card as it is initialized, on a device (``meta`` costs no memory), in evaluation mode.

    Raises:
        MatchZooError: as `build`.
    """
    with torch.device(device):
        network = _create(card, with_classifier=card.library != "timm")
        return _checked(card, _without_classifier(card, network))


def feature_size(network: nn.Module) -> int:
    """Dimension of what a network without its classifier gives, or with the projection that it keeps."""
    size = getattr(network, "num_classes", 0) or getattr(network, "num_features", 0)
    return int(size)


def classifier(library: str, architecture: str, classes: int, side: tuple[int, int]) -> nn.Module:
    """An image classifier with random weights, as its library starts them from torch's global random state.

    Args:
        library: ``torchvision`` (its classifiers of images) or ``timm``.
        architecture: the library's name.
        classes: how many outputs there are.
        side: height and width of the images in pixels, for architectures that are made for one size.

    Raises:
        MatchZooError: the library knows no such architecture (with the nearest name), or it has no such outputs.
    """
    if library == "torchvision":
        import torchvision

        _known_to_torchvision(architecture, torchvision.models)
        sized = {"image_size": side[0]} if architecture.startswith("vit_") else {}
        network: nn.Module = torchvision.models.get_model(architecture, weights=None, num_classes=classes, **sized)
        return network
    import timm

    _known_to_timm(architecture)
    fixed = getattr(timm.models.get_pretrained_cfg(architecture), "fixed_input_size", False)
    arguments: dict[str, Any] = {"img_size": side} if fixed else {}
    return timm.create_model(architecture, num_classes=classes, **arguments)


def _known_to_torchvision(architecture: str, module: ModuleType | None = None) -> None:
    """Raise unless torchvision has an architecture, in a module of its models if one is given."""
    import torchvision

    known = torchvision.models.list_models(module)
    if architecture not in known:
        raise MatchZooError(f"torchvision knows no '{architecture}'{did_you_mean(architecture, known)}")


def _create(card: BackboneCard, with_classifier: bool, **loading: Any) -> nn.Module:
    arguments: dict[str, Any] = {"img_size": card.arguments.img_size, "global_pool": card.arguments.global_pool}
    arguments = {key: value for key, value in arguments.items() if value is not None}
    if card.library != "timm" and (arguments or card.arguments.num_classes):
        raise MatchZooError("arguments: only timm's architectures take them")
    if card.library == "torch-fidelity":
        if card.architecture != fid_inception.ARCHITECTURE:
            raise MatchZooError(f"architecture: of torch-fidelity only '{fid_inception.ARCHITECTURE}' is known")
        return fid_inception.create()
    if card.library == "torchvision":
        import torchvision

        _known_to_torchvision(card.architecture)
        network: nn.Module = torchvision.models.get_model(card.architecture, weights=None)
        return network
    import timm

    _known_to_timm(card.architecture)
    if card.arguments.num_classes is not None:
        arguments["num_classes"] = card.arguments.num_classes
    elif not with_classifier:
        arguments["num_classes"] = 0
    try:
        return timm.create_model(card.architecture, **{"pretrained": False, **arguments, **loading})
    except TypeError as error:
        raise MatchZooError(f"{card.architecture} does not take these arguments: {error}") from None


def _known_to_timm(architecture: str) -> None:
    import timm

    name, _, tag = architecture.partition(".")
    if not timm.is_model(name):
        raise MatchZooError(f"timm knows no architecture '{name}'{did_you_mean(name, timm.list_models())}")
    known = timm.list_models(f"{name}.*", pretrained=True)
    if tag and architecture not in known:
        raise MatchZooError(f"timm knows no '{architecture}'{did_you_mean(architecture, known)}")


def _converted(card: BackboneCard, state: State) -> nn.Module:
    """Load through timm: published layouts become its own, and position embeddings are resampled to the size."""
    import timm

    outputs = card.arguments.num_classes or 0
    config = timm.models.get_pretrained_cfg(card.architecture)
    classifier = getattr(config, "classifier", None)
    if not outputs and isinstance(classifier, str):
        state = {key: value for key, value in state.items() if not key.startswith(f"{classifier}.")}
    with _misfit(card):
        # with the same number of classes on both sides timm is strict: nothing may be missing or left over
        network = _create(
            card, False, pretrained=True, pretrained_cfg_overlay={"state_dict": state, "num_classes": outputs}
        )
    network.pretrained_cfg.pop("state_dict", None)  # type: ignore[union-attr, operator]
    return network


def _without_classifier(card: BackboneCard, network: nn.Module) -> nn.Module:
    if card.library == "timm":
        if not card.arguments.num_classes:
            network.reset_classifier(0)  # type: ignore[operator]
        return network
    if card.library == "torch-fidelity":
        return fid_inception.FidInception(network)
    name, head = list(network.named_children())[-1]
    linear = next(module for module in head.modules() if isinstance(module, nn.Linear))
    setattr(network, name, nn.Identity())
    network.num_features = linear.in_features  # type: ignore[assignment]
    return network


def _checked(card: BackboneCard, network: nn.Module) -> nn.Module:
    check_expected(card, "the number of features", feature_size(network), card.features)
    check_expected(card, "the number of parameters", sum(p.numel() for p in network.parameters()), card.parameters)
    check_expected(card, "the layout of the state", layout(network.state_dict()), card.layout)
    return network.eval()


@contextlib.contextmanager
def _misfit(card: BackboneCard) -> Iterator[None]:
    """Turn what torch says of weights that do not fit into a message with the architecture and the first lines."""
    try:
        yield
    except (RuntimeError, KeyError, AttributeError, IndexError) as error:
        raise MatchZooError(f"the weights do not fit {card.architecture}: {str(error)[:400]} …") from None
