"""Golden features: what a network makes of one picture that is the same everywhere."""

import math
from importlib.metadata import version

import torch

from matchzoo.core.declaration.structuring import to_table
from matchzoo.core.declaration.toml import write_toml
from matchzoo.core.errors import MatchZooError
from matchzoo.core.storage.files import file_sha256
from matchzoo.zoo.architectures import network
from matchzoo.zoo.backbone_card import BackboneCard, Verified
from matchzoo.zoo.cards import load

VALUES = 8
"""How many means of features are kept."""
TOLERANCE = 1e-3
"""Largest difference of a mean, as a share of the root mean square of all of them."""


def picture(size: int) -> torch.Tensor:
    """The picture that golden features are of: two waves and a chequered field, by formula.

    Returns:
        [1, 3, size, size] float32 in [0, 1].
    """
    along = (torch.arange(size, dtype=torch.float64) + 0.5) / size
    y, x = torch.meshgrid(along, along, indexing="ij")
    waves = 0.5 + 0.5 * torch.sin(2 * math.pi * (3 * x + y))
    rings = 0.5 + 0.5 * torch.cos(16 * math.pi * x * y)
    field = ((8 * x).floor() + (8 * y).floor()) % 2
    return torch.stack([waves, rings, field])[None].float()


def examine(card: BackboneCard) -> Verified:
    """Run a card's weights on the picture at the card's size, on the CPU in float32.

    Raises:
        MatchZooError: the weights are not here and cannot be fetched, or do not fit; or the card has none.
    """
    path = card.weights.fetch()
    if path is None:
        raise MatchZooError("the card keeps the network's random initialization: there are no weights to verify")
    backbone = network(card)
    with torch.no_grad():
        features = backbone(card.normalized(picture(card.size)))[0].double()
    means = [part.mean() for part in features.tensor_split(min(VALUES, len(features)))]
    return Verified(
        sha256=file_sha256(path),
        norm=float(f"{features.norm().item():.6g}"),
        feature=tuple(float(f"{value:.6g}") for value in torch.stack(means).tolist()),
        versions=", ".join(f"{name} {version(name)}" for name in ("torch", card.library)),
    )


def differences(found: Verified, expected: Verified, features: int) -> list[str]:
    """What differs between two verifications: the hash, or features by more than the tolerance."""
    lines = []
    if found.sha256 != expected.sha256:
        lines.append(f"the file's sha256 is {found.sha256}, the card records {expected.sha256}")
    allowed = TOLERANCE * max(expected.norm / math.sqrt(features), 1e-12)
    if abs(found.norm - expected.norm) > allowed * math.sqrt(features):
        lines.append(f"the features' norm is {found.norm}, the card records {expected.norm}")
    if len(found.feature) != len(expected.feature):
        lines.append(f"{len(found.feature)} means are compared, the card records {len(expected.feature)}")
    worst = max((abs(a - b) for a, b in zip(found.feature, expected.feature, strict=False)), default=0.0)
    if worst > allowed:
        lines.append(f"a mean of features differs by {worst:.3g}, where {allowed:.3g} is allowed")
    return lines


def verify(name: str) -> list[str]:
    """Compare a card's weights with what it records, or say what to put on it.

    Args:
        name: of a card, or the path of a .toml file.

    Returns:
        Lines of text.

    Raises:
        MatchZooError: as `examine`, or the weights do not do what the card records.
    """
    card = load(name, BackboneCard)
    measured = examine(card)
    if card.verified is None:
        lines = [f"{name}: the weights load and run; to record what they do, put this at the end of the card:", ""]
        return lines + write_toml({"verified": to_table(measured)}).rstrip().split("\n")
    wrong = differences(measured, card.verified, card.features)
    if wrong:
        raise MatchZooError(f"{name}: not what the card records: {'; '.join(wrong)}")
    return [f"{name}: the file is the recorded one, and its features are those of the card ({card.verified.versions})"]
