"""Time to accuracy: how long until the images are as good as those that the textbook ends with.

The target is the higher of the centroids' accuracy + 2 points and 95 % of the textbook's plateau. The plateau is the
best over its learning rates of the mean over the last 500 steps of a run that goes on until 500 steps bring less than
half a point (means of the last 500 steps and of the 500 before are compared), at most 3000. A mode reaches the target
at the second of two consecutive probes at which the mean over the seeds is not below it. Time is that of the steps
alone (warm), and with what is computed before the first one (cold); probes are left out.
"""

import contextlib
import math
import os
import shutil
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import torch
from lgm_contenders import MODES, RESULTS, build, with_mode
from lgm_step import STORE as STEPS
from lgm_step import device_name, read, seconds, write

from matchzoo import recipes
from matchzoo.core.showing.text import with_spread
from matchzoo.core.storage.cache import VARIABLE
from matchzoo.data import Split
from matchzoo.evaluation.probe_harness import ProbeHarness
from matchzoo.models.classifiers import Converged
from matchzoo.recipes.recipe import Recipe
from matchzoo.training.checkpoint import Checkpoints

STORE = RESULTS / "lgm-accuracy.jsonl"
DATA = {"quickstart": "lgm/quickstart", "photos": "lgm/photos"}
CARDS = {"lite0": "efficientnet-lite0", "mobilenetv2": "mobilenetv2"}
OURS = (
    "online",
    "cache",
    "cache, k = 1",
    "cache, k = 5",
    "cache, k = 10",
    "class means",
    "cache, k = 1, one view",
    "class means, one view",
    "SFM",
    "SFM, one view",
    "CLP",
    "CLP, one view",
)
PROBE = 1.5  # seconds, for the estimate
POINTS, SHARE = 2.0, 0.95


@attrs.frozen
class Plan:
    """What is run.

    Attributes:
        modes: ours.
        steps: of ours.
        rates: learning rates of the textbook.
        most: steps of the textbook at most.
        window: so many steps must bring less than ``gain`` points.
        every: steps between probes.
        block: steps between checkpoints.
        grow: steps between levels of the pyramid, the textbook's too; as the recipe says if not given.
        smoke: not for the results.
    """

    data: str
    backbone: str
    modes: tuple[str, ...] = OURS
    steps: int = 1000
    rates: tuple[float, ...] = (2e-3, 1e-2, 5e-2)
    seeds: tuple[int, ...] = (0, 1, 2)
    most: int = 3000
    window: int = 500
    gain: float = 0.5
    every: int = 25
    block: int = 100
    grow: int | None = None
    smoke: bool = False

    @property
    def place(self) -> dict[str, str]:
        words = f"{self.data}, a level every {self.grow} steps" if self.grow else self.data
        return {"data": words, "backbone": self.backbone}


def plan(data: str, backbone: str, modes: Sequence[str] | None, steps: int, smoke: bool) -> Plan:
    """The plan that the command line asks for."""
    if backbone not in CARDS:
        raise SystemExit(f"--backbone: expected one of {', '.join(CARDS)}, got {backbone}")
    unknown = [mode for mode in modes or () if mode not in OURS]
    if unknown:
        raise SystemExit(f"--modes: unknown mode '{unknown[0]}'; expected some of {', '.join(map(repr, OURS))}")
    if smoke:
        few = {"rates": (1e-2,), "seeds": (0, 1), "most": 60, "window": 20, "every": 20, "block": 20, "steps": 60}
        return Plan(data, backbone, ("cache, k = 1", "class means, one view"), smoke=True, **few)
    return Plan(data, backbone, tuple(modes or OURS), steps)


def table_of(given: Plan, device: str) -> dict[str, Any]:
    """The recipe's table on the plan's backbone."""
    table: dict[str, Any] = recipes.load(DATA[given.data]).table()
    table["projector"]["card"] = CARDS[given.backbone]
    table["trainer"]["device"] = device
    if given.grow:
        table["generator"]["grow_every"] = given.grow
    return table


def settled(steps: Sequence[int], top1: Sequence[float], window: int, gain: float, whole: int) -> bool:
    """Whether the last ``window`` steps brought less than ``gain``, all of them with the whole pyramid.

    Args:
        steps: of the probes.
        top1: at them.
        window: steps.
        gain: points between the means of the last two windows.
        whole: the step that the last level comes before.
    """
    if not steps or steps[-1] < max(2 * window, whole + window):
        return False
    return plateau(steps, top1, window) - plateau(steps, top1, window, back=window) < gain


def plateau(steps: Sequence[int], top1: Sequence[float], window: int, back: int = 0) -> float:
    """The mean of the probes in the last ``window`` steps, or in those that ended ``back`` steps ago."""
    end = steps[-1] - back
    return statistics.mean(value for step, value in zip(steps, top1, strict=True) if end - window < step <= end)


def reached(curves: Sequence[dict[str, Any]], target: float) -> tuple[int, float, float] | None:
    """When the mean over the seeds is at the target at two consecutive probes.

    Args:
        curves: ``steps``, ``top1``, ``seconds`` at every probe and ``build``, for each seed.
        target: percent.

    Returns:
        The second probe's step, and means over the seeds of the seconds until then, without and with what comes before
        the first step; None if it is never reached.
    """
    count = min(len(curve["steps"]) for curve in curves)
    good = [statistics.mean(curve["top1"][i] for curve in curves) >= target for i in range(count)]
    for i in range(1, count):
        if good[i - 1] and good[i]:
            warm = statistics.mean(curve["seconds"][i] for curve in curves)
            return curves[0]["steps"][i], warm, warm + statistics.mean(curve["build"] for curve in curves)
    return None


@contextlib.contextmanager
def cache_in(folder: Path) -> Iterator[None]:
    """Features are kept in a folder of their own, so that building them can be timed."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before


def train(
    recipe: Recipe,
    name: str,
    most: int,
    given: Plan,
    folder: Path,
    probe: Callable[[torch.Tensor, torch.Tensor], float],
    stop: Callable[[Sequence[int], Sequence[float]], bool] = lambda steps, top1: False,
) -> dict[str, Any]:
    """One run with its probes, going on after the last block that an earlier session finished."""
    checkpoints = Checkpoints(folder / "checkpoints", keep=1)
    checkpoint, _ = checkpoints.latest()
    if checkpoint is None:
        shutil.rmtree(folder / "cache", ignore_errors=True)
    learner, parts = build(recipe, MODES[name])
    place = parts.projector.mean.device
    with cache_in(folder / "cache"):
        began = seconds(place)
        learner.prepare()
        built = seconds(place) - began
    told: dict[str, Any] = {"build": built, "steps": [], "top1": [], "seconds": []}
    done = 0
    if checkpoint is not None:
        told, done = checkpoint.scalars, checkpoint.step
        learner.load(done, checkpoint.tensors)
    while done < most and not stop(told["steps"], told["top1"]):
        until = min(done + given.every, most)
        began = seconds(place)
        for number in range(done + 1, until + 1):
            learner.step(number)
        took = seconds(place) - began
        done = until
        told["steps"].append(done)
        told["seconds"].append((told["seconds"] or [0.0])[-1] + took)
        told["top1"].append(probe(*learner.images()))
        if done % given.block == 0 or done == most:
            checkpoints.save(done, learner.state(), told)
    return told


class Session:
    """The runs of a plan, and the file that they are in."""

    def __init__(self, given: Plan, device: str, output: Path) -> None:
        self.plan, self.device = given, device
        self.folder = output / ("smoke" if given.smoke else "accuracy")
        self.path = self.folder / "lgm-accuracy.jsonl" if given.smoke else STORE
        self.table = table_of(given, device)
        self.place = {**given.place, "device": device_name(torch.device(device))}
        generator = Recipe.of(self.table)
        engine = generator.engine()
        parts = generator.build(engine)
        self.whole = self.table["generator"]["grow_every"] * (len(parts.generator.sizes) - 1) + 1
        self.bench = ProbeHarness(parts.data, parts.projector, parts.views, engine, Converged(), name="", quiet=True)

    def probe(self, images: torch.Tensor, labels: torch.Tensor) -> float:
        """Top-1 in percent on the test half of the converged probe, on 20 views of every image, always the same."""
        return self.bench.record("", [Split(images.float().cpu(), labels.cpu())])["top1_mean"]

    def line(self, **key: Any) -> dict[str, Any] | None:
        """What is stored under a key here."""
        wanted = {**self.place, **key}
        found = [line for line in read(self.path) if all(line.get(k) == v for k, v in wanted.items())]
        return found[-1] if found else None

    def keep(self, **line: Any) -> dict[str, Any]:
        """Store a line, in place of one of the same mode, learning rate and seed."""
        made = {**self.place, **line}
        keys = (*self.place, "mode", "lr", "seed")
        others = [old for old in read(self.path) if any(old.get(k) != made.get(k) for k in keys)]
        write(self.path, [*others, made])
        return made

    def baselines(self) -> dict[str, Any]:
        """Accuracy of the images nearest to the class centers, and of all."""
        found = self.line(mode="baselines")
        if found is None:
            per_class = self.table["generator"]["images_per_class"]
            scores = {}
            for name, seeds in (("centroid", 5), ("full", 1)):
                images = self.bench.baseline(name, per_class, seeds, 1, 0)
                scores[name] = self.bench.record(name, images, full=name == "full")["top1_mean"]
            found = self.keep(mode="baselines", **scores)
        return found

    def one(self, mode: str, lr: float | None, seed: int, most: int, stops: bool = False) -> dict[str, Any]:
        """One run, done or taken from the file."""
        found = self.line(mode=mode, lr=lr, seed=seed)
        if found is not None and found["most"] >= most:
            return found
        given = self.plan
        words = "-".join(map(str, (*given.place.values(), mode, lr, seed))).replace(" ", "").replace(",", "-")
        recipe = with_mode(self.table, MODES[mode], lr, seed)

        def stop(steps: Sequence[int], top1: Sequence[float]) -> bool:
            return stops and settled(steps, top1, given.window, given.gain, self.whole)

        told = train(recipe, mode, most, given, self.folder / words, self.probe, stop)
        last = f"{told['top1'][-1]:.1f} % at {told['steps'][-1]}, {told['seconds'][-1]:.0f} s + {told['build']:.0f} s"
        print(f"{mode}, lr {lr or 'declared'}, seed {seed}: {last}", flush=True)
        return self.keep(mode=mode, lr=lr, seed=seed, most=most, torch=torch.__version__, **told)

    def target(self) -> dict[str, Any]:
        """The textbook's best learning rate, its plateau and the target; measured once and stored."""
        found = self.line(mode="target")
        if found is not None:
            return found
        given, scores = self.plan, {}
        for lr in given.rates:
            run = self.one("textbook", lr, given.seeds[0], given.most, stops=True)
            held = settled(run["steps"], run["top1"], given.window, given.gain, self.whole)
            height = plateau(run["steps"], run["top1"], given.window)
            scores[str(lr)] = {"plateau": height, "settled": held, "steps": run["steps"][-1]}
        best = max(scores, key=lambda lr: scores[lr]["plateau"])
        centroid = self.baselines()["centroid"]
        wanted = max(centroid + POINTS, SHARE * scores[best]["plateau"])
        return self.keep(mode="target", rates=scores, best=float(best), centroid=centroid, target=wanted)


def estimate(given: Plan) -> str:
    """At most how long all of it takes, by what a step was measured to take on a CPU."""
    known = {line["backbone"]: line["modes"] for line in read(STEPS)}.get(given.backbone, {})

    def step(name: str) -> float:
        mode = known.get(name) or known.get("class means, one view" if MODES[name].views else "class means")
        return (statistics.median(mode["seconds"]) if mode else 0.4) * (2.25 if given.data == "photos" else 1)

    runs = [("textbook", given.most)] * (len(given.rates) + len(given.seeds) - 1)
    runs += [(name, given.steps) for name in given.modes for _ in given.seeds]
    total = sum(steps * step(name) + steps / given.every * PROBE for name, steps in runs)
    return f"{len(runs)} runs, at most {total / 3600:.1f} CPU hours on one thread"


def run(given: Plan, device: str, output: Path) -> None:
    """All that is missing: baselines, textbook, ours."""
    print(f"{given.data} on {given.backbone}: {estimate(given)}", flush=True)
    session = Session(given, device, output)
    session.baselines()
    target = session.target()
    print(f"target {target['target']:.1f} %, textbook's learning rate {target['best']}", flush=True)
    first = session.one("textbook", target["best"], given.seeds[0], given.most, stops=True)
    for seed in given.seeds[1:]:
        session.one("textbook", target["best"], seed, first["steps"][-1])
    for mode in given.modes:
        for seed in given.seeds:
            session.one(mode, None, seed, given.steps)
    for row in rows(read(session.path)):
        print(" | ".join(row))


HEAD = (
    "data, backbone, device",
    "mode",
    "target %",
    "at step",
    "seconds, warm",
    "cold",
    "textbook / it, warm",
    "cold",
    "textbook / it to its plateau",
    "% after 600 steps",
    "seeds",
)


def curves_of(lines: Sequence[dict[str, Any]]) -> Iterator[tuple[tuple[str, ...], dict[str, Any], dict[str, list]]]:
    """For every place that has a target: it, the target's line, and the runs by mode."""
    for target in (line for line in lines if line["mode"] == "target"):
        place = tuple(target[key] for key in ("data", "backbone", "device"))
        own = [line for line in lines if tuple(line[key] for key in ("data", "backbone", "device")) == place]
        modes: dict[str, list] = {}
        for line in own:
            if "steps" in line and line["lr"] == (target["best"] if line["mode"] == "textbook" else None):
                modes.setdefault(line["mode"], []).append(line)
        yield place, target, {name: modes[name] for name in ("textbook", *OURS) if name in modes}


def plateau_of(curves: Sequence[dict[str, Any]], window: int) -> float:
    """The mean of the plateaus of some seeds."""
    return statistics.mean(plateau(curve["steps"], curve["top1"], window) for curve in curves)


def rows(lines: Sequence[dict[str, Any]], window: int = 500) -> list[tuple[str, ...]]:
    """A row a mode, with how many seeds it has. Beside the time to the target stands that to the textbook's plateau,
    the mean of its seeds."""
    made = []
    for place, target, modes in curves_of(lines):
        slow = reached(modes["textbook"], target["target"]) if "textbook" in modes else None
        own = plateau_of(modes["textbook"], window) if "textbook" in modes else math.inf
        for name, curves in modes.items():
            found = reached(curves, target["target"])
            at = [curve["top1"][curve["steps"].index(600)] for curve in curves if 600 in curve["steps"]]
            score = ""
            if at:
                error = statistics.stdev(at) / math.sqrt(len(at)) if len(at) > 1 else None
                score = with_spread(statistics.mean(at), error)
            if found is None:
                last = min(curve["steps"][-1] for curve in curves)
                cells = [f"never in {last}", "", "", "", ""]
            else:
                step, warm, cold = found
                ratios = ["", ""] if slow is None else [f"{slow[1] / warm:.1f}", f"{slow[2] / cold:.1f}"]
                cells = [str(step), f"{warm:.0f}", f"{cold:.0f}", *ratios]
            wanted, there = f"{target['target']:.1f}", reached(curves, own)
            far = reached(modes["textbook"], own) if there is not None else None
            ratio = f"{far[1] / there[1]:.1f}" if there is not None and far is not None else ""
            made.append((", ".join(place), name, wanted, *cells, ratio, score, str(len(curves))))
    return made
