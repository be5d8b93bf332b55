"""What matchzoo wrote itself, damaged: distilled sets, cards and runs."""

import json
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from torture.attempts import expect
from torture.damage import damage_file, garble

from matchzoo import zoo
from matchzoo.hub.distilled import DistilledDataset


def distilled(rng: random.Random, folder: Path) -> str:
    """A distilled set, one of whose files is damaged."""
    labels = torch.arange(6) % 3
    made = DistilledDataset(torch.rand(6, 3, 8, 8, generator=torch.Generator().manual_seed(0)), labels, ("a", "b", "c"))
    made.save(folder / "set")
    chosen = rng.choice(sorted(path for path in (folder / "set").rglob("*") if path.is_file()))
    what = rng.randrange(12)
    if what == 0:
        chosen.unlink()
    elif what == 1:
        chosen.unlink()
        chosen.symlink_to("/etc/passwd")
    else:
        damage_file(chosen, rng)
    found = DistilledDataset.load(folder / "set")
    expect(bool(found.images.isfinite().all()) and len(found) == len(found.labels), "not finite")
    expect(found.images.min() >= 0 and found.images.max() <= 1, "out of range")
    expect(found.images.equal(made.images) and found.labels.equal(made.labels), "other images or labels")
    return "read"


def cards(rng: random.Random, folder: Path) -> str:
    """A card of the zoo with characters changed."""
    shipped = sorted((Path(__file__).parent.parent.parent / "zoo").glob("*/*.toml"))
    card = rng.choice(shipped)
    path = folder / card.name
    path.write_bytes(garble(card.read_text(encoding="utf-8"), rng).encode("utf-8", "surrogatepass"))
    zoo.load(str(path), zoo.FOLDERS[card.parent.name][1])
    return "read"


def runs(rng: random.Random, folder: Path) -> str:
    """A stopped or finished run, one of whose files is damaged, and which is started again."""
    kept = finished_run() if rng.random() < 0.5 else stopped_run()
    shutil.copytree(kept, folder / "run")
    known = [path for path in (folder / "run").rglob("*") if path.is_file()]
    chosen = rng.choice(sorted(known))
    if rng.random() < 0.15:
        chosen.unlink()
    else:
        damage_file(chosen, rng)
    recipe = tiny()
    run = recipe.run(folder / "run", quiet=True)
    expect(run.generator.sample(4).values.shape == (4, 2), "its generator gives other samples")
    run.record()
    return "read"


def tiny() -> Any:
    from helpers.tables import RING

    from matchzoo.recipes.recipe import Recipe

    table = json.loads(json.dumps(RING))
    table["trainer"] |= {"steps": 4, "checkpoint_every": 1, "log_every": 1, "device": "cpu", "snapshot_every": 2}
    table.pop("evaluation", None)
    return Recipe.of(table)


_made: dict[str, Path] = {}


def finished_run() -> Path:
    if "finished" not in _made:
        _made["finished"] = Path(tempfile.mkdtemp()) / "run"
        tiny().run(_made["finished"], quiet=True)
    return _made["finished"]


def stopped_run() -> Path:
    if "stopped" not in _made:
        folder = Path(tempfile.mkdtemp()) / "run"
        shutil.copytree(finished_run(), folder)
        for name in ("metrics.json", "parts.safetensors", "report.html"):
            (folder / name).unlink()
        shutil.rmtree(max((folder / "checkpoints").glob("step-*")))
        _made["stopped"] = folder
    return _made["stopped"]
