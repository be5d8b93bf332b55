"""The page of a run, ``report.html``: one file that opens from disk, whatever the run has, in one place.

Written at the end of every run, and on the way at snapshots, so that a long run can be watched in a browser. It is
made of what lies in the folder (recipe, environment, log, snapshots, pictures) and draws no random number.
"""

import io
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from PIL import Image
from safetensors.torch import load_file

from matchzoo.core.findings import Finding
from matchzoo.core.showing import figures, html
from matchzoo.core.showing.curves import curves
from matchzoo.core.showing.text import mean_and_spread, time_of
from matchzoo.core.storage import files
from matchzoo.evaluation import Evaluation, Record
from matchzoo.evaluation.evaluation import Table, notes, tables
from matchzoo.runs.runnable import Runnable
from matchzoo.runs.showing import pictures
from matchzoo.training.composition import Composition

NAME = "report.html"
INTERVAL = 60.0
"""Seconds at least between two pages of a run that is not finished; the first comes after as many."""
SHARE = 20
"""Times as long as writing it took, at least, until the next such page: a twentieth of the time at most."""
FRAMES = 13
"""Snapshots that the slider goes through, evenly spread; the first and the last are among them."""
SIDE = 72
"""Pixels a side of the slider's images at most; larger ones are made smaller, so that a page stays below 3 MB."""
SCORES = ("top-1 %", "modes", "Fréchet", "MMD²")
"""Columns of results, by how their headings begin, of which one stands at the head of the page."""


class RunPage:
    """The page of a run, for one session of it.

    Args:
        folder: of the run.
        parts: of the recipe, built; they are only looked at.
        evaluations: whose records it shows; those of the recipe if not given.
    """

    def __init__(
        self, folder: Path, recipe: Runnable, parts: Composition, evaluations: Sequence[Evaluation] | None = None
    ) -> None:
        self.folder, self.recipe, self.parts = folder, recipe, parts
        self.evaluations = recipe.evaluation if evaluations is None else evaluations
        self.due = time.monotonic() + INTERVAL
        self.drawn: dict[int, str] = {}  # frames of the last page, by step

    def is_due(self) -> bool:
        """Whether it is time for a page of a run that is not finished."""
        return time.monotonic() >= self.due

    def write(
        self,
        step: int,
        seconds: dict[str, float],
        results: list[Record] | None = None,
        warnings: Sequence[Finding] = (),
    ) -> bool:
        """Write the page, whole or not at all. A run never ends for it: what goes wrong is said on the error stream.

        Args:
            step: steps that are done.
            seconds: what has been spent, by name: ``training``, ``evaluation``.
            results: records of the evaluation; None while the run is not finished.
            warnings: what speaks against the result.

        Returns:
            Whether it was written.
        """
        began = time.monotonic()
        try:
            files.write_text(self.folder / NAME, self._text(step, seconds, results, warnings))
        except Exception as error:
            reason = " ".join(str(error).split())[:200]
            print(f"note: {NAME} was not written ({type(error).__name__}: {reason}); the run goes on", file=sys.stderr)
            return False
        finally:
            now = time.monotonic()
            self.due = now + max(INTERVAL, SHARE * (now - began))
        return True

    def _text(
        self, step: int, seconds: dict[str, float], results: list[Record] | None, warnings: Sequence[Finding]
    ) -> str:
        sessions = json.loads((self.folder / "environment.json").read_text(encoding="utf-8"))["sessions"]
        title = sessions[-1].get("recipe") or self.folder.name
        shown = tables(self.evaluations, results or [])
        header = [f"<h1>{html.escape(title)}</h1>", f'<p class="about">{html.escape(_about(sessions, title))}</p>']
        if results is None:
            header.append(_state(step, self.recipe.trainer.steps))
        if warnings:
            header.append(html.warnings([str(finding) for finding in warnings]))
        header.append(html.facts(self._facts(step, seconds, sessions, shown)))
        finished = results is not None
        sections = [
            self._distilled() if finished else "",
            html.section("Growth", html.slider(self._frames(step), "snapshot")),
            self._samples() if finished else "",
            html.section("Evaluation", *_evaluation(shown, results or []), *(self._evaluated() if finished else [])),
            self._curves(finished),
            html.section(
                "Origin",
                html.details("Recipe, every default written out", self._read("recipe.toml")),
                html.details("Environment, an entry for each session", self._read("environment.json")),
            ),
        ]
        return html.document(f"{title} · matchzoo", "\n".join(header), sections, reload=not finished)

    def _read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def _facts(
        self, step: int, seconds: dict[str, float], sessions: list[dict[str, Any]], tables: list["Table"]
    ) -> list[html.Fact]:
        """The short summary: scores beside those of the baselines, steps, time, device, size."""
        facts = [score for _, rows in tables if (score := _score(rows)) is not None]
        steps = self.recipe.trainer.steps
        if steps:
            facts.append(("steps", f"{steps:,}" if step >= steps else f"{step:,} of {steps:,}"))
        facts += [(name, time_of(spent)) for name, spent in seconds.items() if steps or name != "training"]
        facts.append(("device", str(sessions[-1]["device"]), str(sessions[-1]["precision"])))
        generator, shape = self.parts.generator, self.parts.spec.shape
        if generator is not None and self.parts.spec.is_images:
            count = generator.count
            size = f"{shape[1]} × {shape[2]} px"
            facts.append(("images", f"{count:,}", size) if count is not None else ("images", size))
        return facts

    def _distilled(self) -> str:
        """The synthetic images above the nearest real ones, or the real ones that were chosen."""
        names = ", ".join(self.parts.spec.class_names[: figures.COLUMNS])
        distilled, chosen = (self.folder / "pictures" / f"{name}.png" for name in ("distilled", "chosen"))
        if distilled.is_file():
            alt = f"Distilled images above the real images nearest to them, one of each class: {names}"
            note = "One image of each class, above the real training image whose features have the largest cosine."
            return html.section("Distilled images", html.picture(distilled.read_bytes(), alt, "paper"), note=note)
        if chosen.is_file():
            alt = f"Chosen real images, one of each class: {names}"
            return html.section("Chosen images", html.picture(chosen.read_bytes(), alt, "paper"))
        return ""

    def _samples(self) -> str:
        """Samples of a generator that has no end of them, and what its projector makes of them."""
        samples, projected = (self.folder / "pictures" / f"{name}.png" for name in ("samples", "projected"))
        images = self.parts.spec.is_images
        blocks = []
        if samples.is_file():
            alt = "A grid of generated images" if images else "Generated points over the real ones, which are gray"
            blocks.append(html.picture(samples.read_bytes(), alt, "paper" if images else "plot"))
        if projected.is_file():
            alt = "At some steps: generated points over the real ones, and below both as the projector sees them"
            blocks += [html.heading("As the projector sees them"), html.picture(projected.read_bytes(), alt, "plot")]
        return html.section("Samples", *blocks)

    def _evaluated(self) -> list[str]:
        """The pictures of evaluations that have one."""
        blocks = []
        for number, evaluation in enumerate(self.evaluations):
            drawn = self.folder / "pictures" / pictures.name_of(evaluation, number)
            if drawn.is_file():
                blocks.append(
                    html.picture(drawn.read_bytes(), f"Picture of {evaluation.kind.replace('-', ' ')}", "plot")
                )
        return blocks

    def _curves(self, finished: bool) -> str:
        drawn = self.folder / "pictures" / "curves.png"
        if finished and drawn.is_file():
            png = drawn.read_bytes()
        else:
            lines = self._read("metrics.jsonl").splitlines() if (self.folder / "metrics.jsonl").is_file() else []
            records = [json.loads(line) for line in lines if line.endswith("}")]
            if not records:
                return ""
            png = _png(curves(records))
        alt = "Curves over the steps: the value of every term, and what it said of its estimate"
        return html.section("Curves", html.picture(png, alt, "plot"))

    def _frames(self, step: int) -> list[html.Frame]:
        """Some of the snapshots up to a step: a strip of images, or points over the real ones."""
        paths = sorted((self.folder / "snapshots").glob("step-*.safetensors"))
        stored = [(int(path.stem.removeprefix("step-")), path) for path in paths]
        known = [(number, path) for number, path in stored if number <= step]  # a crash may have left later ones
        shape = self.parts.spec.shape
        draw = self._strip if self.parts.spec.is_images else self._points if len(shape) == 1 else None
        if draw is None:
            return []
        moments = figures.spread(known, FRAMES)
        self.drawn = {number: self.drawn.get(number) or draw(number, load_file(path)) for number, path in moments}
        return [(f"step {number:,}", frame) for number, frame in self.drawn.items()]

    def _points(self, number: int, tensors: dict[str, torch.Tensor]) -> str:
        real = pictures.real_points(self.parts.data)
        flat = figures.plane(real)
        png = _png(figures.scatter([("", flat(tensors["samples"]))], flat(real)))
        return html.picture(png, f"Generated points at step {number} over the real ones, which are gray", "plot")

    def _strip(self, number: int, tensors: dict[str, torch.Tensor]) -> str:
        names = [self.parts.spec.class_names[label] for label in tensors.get("labels", [])]
        alt = f"Samples at step {number}" + (f", one of each class: {', '.join(names)}" if names else "")
        return html.captioned(strip(tensors["samples"]), alt, names, len(tensors["samples"]))


def strip(images: torch.Tensor) -> bytes:
    """Images [k, c, h, w] (uint8) side by side as a PNG, each in a transparent margin, at most `SIDE` pixels a side."""
    shrink = SIDE / max(images.shape[2:])
    values = images.float()
    if shrink < 1:
        size = [max(1, round(shrink * side)) for side in images.shape[2:]]
        values = F.interpolate(values, size, mode="bilinear", antialias=True)
    margin = max(1, values.shape[3] // 24)
    values = values.round().clamp(0, 255).expand(-1, 3, -1, -1)
    opaque = torch.full_like(values[:, :1], 255)
    cells = F.pad(torch.cat([values, opaque], 1), (margin, margin, 0, 0))
    pixels = torch.cat(list(cells), 2).to(torch.uint8).permute(1, 2, 0).contiguous()
    buffer = io.BytesIO()
    Image.fromarray(pixels.numpy(), "RGBA").save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _about(sessions: list[dict[str, Any]], title: str) -> str:
    """Method, when it was begun, and by what."""
    first, last = sessions[0], sessions[-1]
    began = time.strptime(first["started"], "%Y-%m-%dT%H:%M:%SZ")
    words = [f"begun {time.strftime('%Y-%m-%d %H:%M', began)} UTC", f"matchzoo {last['matchzoo']}"]
    if last.get("method") not in (None, title):
        words.insert(0, f"method {last['method']}")
    if len(sessions) > 1:
        words.append(f"{len(sessions)} sessions")
    return " · ".join(words)


def _state(step: int, steps: int) -> str:
    """Where a run that is not finished is."""
    now = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    progress = f"Not finished: step {step:,} of {steps:,} at {now}. This page loads itself again every {html.RELOAD} s."
    return (
        f'<div class="state"><p>{html.escape(progress)}</p>'
        f'<progress max="{steps}" value="{step}" aria-label="steps done"></progress></div>'
    )


def _score(rows: list[list[str]]) -> html.Fact | None:
    """The score of the first row, with those of the other methods in the same space; None where there is none."""
    columns = [i for score in SCORES for i, name in enumerate(rows[0]) if name.startswith(score)]
    if not columns:
        return None
    column = columns[0]
    own, *others = rows[1:]
    place = rows[0].index("backbone") if "backbone" in rows[0] else 0
    beside = [f"{row[0]} {row[column]}" for row in others if not place or row[place] == own[place]]
    space = f", {own[place]}" if place and any(row[place] != own[place] for row in others) else ""
    return rows[0][column] + space, own[column], *beside[:4]


def _evaluation(tables: list[Table], results: list[Record]) -> list[str]:
    """The tables, and methods × backbones where there are several backbones."""
    blocks = []
    for kind, rows in tables:
        title = kind.replace("-", " ")
        blocks += [html.heading(title[:1].upper() + title[1:]), html.table(rows, f"results of {title}")]
    blocks += [html.paragraph(note) for note in notes(results)]
    scored = [record for record in results if "backbone" in record and "top1_mean" in record]
    backbones = list(dict.fromkeys(record["backbone"] for record in scored))
    if len(backbones) > 1:
        cells = {(r["method"], r["backbone"]): mean_and_spread(r, "top1") for r in scored}
        methods = dict.fromkeys(r["method"] for r in scored)
        rows = [["top-1 %", *backbones], *([m, *(cells.get((m, b), "") for b in backbones)] for m in methods)]
        blocks += [html.heading("Methods on backbones"), html.table(rows, "top-1 accuracy of methods on backbones")]
    return blocks
