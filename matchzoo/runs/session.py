"""A run: one recipe, one folder. Trains, stops and resumes exactly, evaluates, and keeps what came of it.

The folder holds ``recipe.toml`` (resolved), ``inputs.json`` (what data and weights are), ``environment.json`` (one
entry a session), ``metrics.jsonl`` (a record every ``trainer.log_every`` steps), ``checkpoints/``, ``snapshots/``, and
at the end ``distilled/`` (the artifact, where the synthetic samples are a finite set of images),
``parts.safetensors`` (what the players moved), ``pictures/``, ``report.html`` (all of it on one page) and, last,
``metrics.json``: a folder that has it is finished.
"""

import contextlib
import json
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import torch

from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.progress import Progress, waiting
from matchzoo.core.storage import files
from matchzoo.evaluation import Record, Trained
from matchzoo.runs.best import BestState
from matchzoo.runs.folder import inputs, outcome
from matchzoo.runs.folder.claim import has_begun
from matchzoo.runs.folder.environment import record_session
from matchzoo.runs.folder.log import THOROUGH, RunLog
from matchzoo.runs.interrupts import Interrupts, stop
from matchzoo.runs.runnable import Runnable
from matchzoo.runs.showing import page, pictures
from matchzoo.runs.showing.trackers import Tracking
from matchzoo.runs.verdict import findings
from matchzoo.training.checkpoint import Checkpoints
from matchzoo.training.composition import Composition
from matchzoo.training.engine import Engine
from matchzoo.training.loop import Training
from matchzoo.training.updates.finite_check import NotFiniteError, require_finite

FAILURE = "failure"
"""Folder of the state when something was not finite."""
SIGHT = 60.0
"""Seconds until the others must see a file that the first process wrote: network file systems look again late."""


class Session:
    """One process at work on a run."""

    tracking: Tracking

    def __init__(
        self,
        recipe: Runnable,
        folder: Path,
        engine: Engine,
        interrupts: Interrupts,
        quiet: bool,
        name: str,
        declared: str = "",
        data_changed: bool = False,
    ) -> None:
        self.folder, self.engine, self.interrupts, self.name, self.declared = folder, engine, interrupts, name, declared
        self.quiet = quiet or not engine.is_main_process
        self.trainer = recipe.trainer
        with engine.main_process_first(), waiting("data and weights"):
            self.parts: Composition = recipe.build(engine)
        self.inputs = inputs.describe(self.parts)
        changed = inputs.check(folder, self.inputs, data_changed) if has_begun(folder) else ()
        for evaluation in recipe.evaluation:
            evaluation.check(self.parts)
        self.training = Training(self.parts, self.trainer, engine)
        in_parts = self.training.chunk < self.training.longest  # else "auto" says it as well
        self.recipe = recipe.replace(**{"trainer.chunk": self.training.chunk}) if in_parts else recipe
        self.checkpoints = Checkpoints(folder / "checkpoints", self.trainer.keep)
        self.log = RunLog(folder)
        self.best = BestState(folder, self.recipe)
        self.page = page.RunPage(folder, self.recipe, self.parts)
        with engine.main_process_first():
            if engine.is_main_process:
                self._open_folder()
            self.done, self.seconds = self._resume()
        self._check_shared()
        if engine.is_main_process:
            step = self.done
            record_session(folder, self.parts, engine, method=name, declared=declared, from_step=step, changed=changed)

    def _open_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            files.sweep(self.folder)
            files.write_text(self.folder / "recipe.toml", self.recipe.to_toml())
            inputs.write(self.folder, self.inputs)
        except OSError as error:
            reason = f"cannot be written ({error.strerror})"
            raise MatchZooError(f"{self.folder}: {reason}; give another with --output") from None

    def _resume(self) -> tuple[int, float]:
        """Put back the newest intact checkpoint and cut the log to its step."""
        checkpoint, broken = self.checkpoints.latest()
        if broken and not self.quiet:
            used = f"step {checkpoint.step}" if checkpoint else "the beginning"
            print(f"{'; '.join(broken)}; going on from {used}", file=sys.stderr)
        if checkpoint is not None:
            self.training.load(checkpoint.step, checkpoint.tensors)
            self.best.measured = checkpoint.scalars.get("measured", [])
        done = checkpoint.step if checkpoint else 0
        if not self.engine.is_main_process:
            return done, 0.0
        self.log.cut(done)
        return done, checkpoint.scalars["seconds"] if checkpoint else 0.0

    def _check_shared(self) -> None:
        """Raise where processes see different folders or checkpoints, and would train different things."""
        began = time.monotonic()
        while not (seen := (self.folder / "recipe.toml").is_file()) and time.monotonic() < began + SIGHT:
            time.sleep(0.2)
        low, high = self.engine.all_reduce_min(self.done), self.engine.all_reduce_max(self.done)
        everywhere = bool(self.engine.all_reduce_min(seen))
        if low < high or not everywhere:
            told = f"steps {low} and {high}" if everywhere else "some see no run there"
            raise MatchZooError(
                f"{self.folder}: the processes see different folders ({told}); give an --output that all of them share"
            )

    def train(self) -> None:
        """All steps that are left; stopped by a signal, it saves and ends."""
        trainer = self.trainer
        if self.done and self.done >= trainer.steps:
            return
        self.training.prepare(self.quiet)
        if not trainer.steps:
            return
        began = time.monotonic() - self.seconds
        progress = Progress(trainer.steps, "training", "steps", self.done, self.quiet, self.engine.memory)
        self.interrupts.defer(True)
        first = self.engine.is_main_process
        snapshots = trainer.snapshot_every if self.parts.generator is not None else None
        with progress, self.log.open() if first else contextlib.nullcontext() as log:
            for number in range(self.done + 1, trainer.steps + 1):
                values = self._step(number)
                last = number == trainer.steps
                numbers = None
                signalled = self._signalled()  # asked once a step: what comes later waits for the next
                saving = last or number % trainer.checkpoint_every == 0 or signalled
                if saving or number == 1 or number % trainer.log_every == 0:
                    with self._kept_for_study():
                        numbers = self.training.check(values, number)
                if log is not None and numbers is not None and (last or number == 1 or number % trainer.log_every == 0):
                    thorough = last or number == 1 or number % (THOROUGH * trainer.log_every) == 0
                    record = RunLog.record(number, {**numbers, **self.training.diagnostics(thorough)})
                    log.write(json.dumps(record) + "\n")
                    self.tracking.log(record)
                if first and self.best.is_due(number, last):
                    self._measure(number)
                growing = first and snapshots and (last or number % snapshots == 0)
                if growing:
                    self._snapshot(number)
                self.done, self.seconds = number, time.monotonic() - began
                if saving and log is not None:
                    log.flush()
                    self._save(number)
                if growing and log is not None and self.page.is_due():
                    log.flush()
                    self.page.write(number, {"training": self.seconds})
                progress.update(1, numbers)
                if signalled:
                    if not self.quiet:
                        print(f"\nstopped and saved at step {number}; start it again to resume", file=sys.stderr)
                    stop(signalled)
        self.interrupts.defer(False)
        if signalled := self._signalled():
            stop(signalled)

    def _step(self, number: int) -> dict[str, torch.Tensor]:
        with self._kept_for_study():
            return self.training.step(number)

    def _save(self, number: int) -> None:
        state = self.training.state()
        with self._kept_for_study():
            require_finite(number, state)
        measured = {"measured": self.best.measured} if self.best.measured else {}
        self.checkpoints.save(number, state, {"seconds": self.seconds, **measured})

    def _measure(self, number: int) -> None:
        """Measure the parts by validation, and keep their state if it is the best one."""
        with self._kept_for_study():
            self.training.finite.check(number)
        self.best.measure(number, self._trained(quiet=True), self.training.state())

    def _trained(self, quiet: bool) -> Trained:
        return Trained(parts=self.parts, engine=self.engine, method=self.name, seed=self.trainer.seed, quiet=quiet)

    def _take_the_best(self) -> None:
        """Put the parts back to what they were after the best step, which may have been of other shapes."""
        kept = None if self.trainer.best is None else self.best.kept()
        if kept is None or kept.step == self.trainer.steps:
            return
        self.parts = self.recipe.build(self.engine)
        self.training = Training(self.parts, self.trainer, self.engine)
        self.training.load(kept.step, kept.tensors)
        self.page = page.RunPage(self.folder, self.recipe, self.parts)

    @contextlib.contextmanager
    def _kept_for_study(self) -> Iterator[None]:
        """Where something is not finite, what the parts are is kept in ``failure/``, beside the checkpoints."""
        try:
            yield
        except NotFiniteError as error:
            if self.engine.is_main_process:
                state, record = self.training.state(), {"step": error.step, "what": error.what, "seen": error.seen}

                def write(folder: Path) -> None:
                    files.write_tensors(folder / "state.safetensors", state)
                    files.write_json(folder / "failure.json", record)

                files.write_folder(self.folder / FAILURE, write)
            kept, _ = self.checkpoints.latest()
            back = f"the checkpoint of step {kept.step} is intact" if kept else "there is no checkpoint before it"
            words = f"; {back}, and {self.folder / FAILURE} has the state as it was then"
            raise NotFiniteError(error.step, error.what, error.seen, words) from None

    def _signalled(self) -> int:
        """The number of a signal that any process of the run got; 0 for none."""
        return self.engine.all_reduce_max(self.interrupts.waiting)

    def _snapshot(self, number: int) -> None:
        """A few synthetic samples, for the picture of how they grew."""
        parts, generator = self.parts, self.parts.require_generator()
        projector = next((own for name, own in parts.projectors.items() if name not in self.training.fixed), None)
        if projector is not None and projector.base is not None:
            projector = None  # it takes features, not samples
        tensors = pictures.snapshot(generator, projector, parts.data, parts.spec.is_images)
        folder = self.folder / "snapshots"
        folder.mkdir(exist_ok=True)
        files.write_tensors(folder / f"step-{number:08d}.safetensors", tensors)

    def finish(self) -> None:
        """Evaluate, write what came of the run, and last of all ``metrics.json``."""
        self._take_the_best()
        trainer, trained = self.trainer, self._trained(self.quiet)
        for part in self.parts.names.values():
            part.eval()
        self.training.finish(self.quiet)
        began = time.monotonic()
        results: list[Record] = [
            {"evaluation": evaluation.kind, "number": number, **record}
            for number, evaluation in enumerate(self.recipe.evaluation)
            for record in evaluation.evaluate(trained)
        ]
        evaluating = time.monotonic() - began
        warnings = findings(self.parts, self.log.records(), self.recipe.evaluation, results)
        outcome.write(self.folder, self.recipe, self.training, results)
        pictures.write(self.folder, trained)
        pictures.write_evaluated(self.folder, self.recipe.evaluation, results)
        seconds = {"training": self.seconds, "evaluation": evaluating}
        self.page.write(trainer.steps, seconds, results, warnings)
        last = self.log.last()
        metrics = {
            "results": results,
            "warnings": [attrs.asdict(finding) for finding in warnings],
            "seconds": seconds,
            "steps": trainer.steps,
            "last": {k: v for k, v in last.items() if k != "step"},
            **self.best.record(),
        }
        shutil.rmtree(self.folder / FAILURE, ignore_errors=True)  # of an attempt that did not come so far
        files.write_json(self.folder / "metrics.json", metrics)
        self.tracking.summarize(results, seconds, trainer.steps)
