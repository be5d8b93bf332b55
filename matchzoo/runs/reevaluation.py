"""A finished run, measured by other evaluations than those of its recipe.

from matchzoo import recipes
from matchzoo.evaluation import FromScratch
from matchzoo.runs.reevaluation import evaluate_again

run = evaluate_again(recipes.open("runs/quickstart"), [FromScratch(epochs=1000)])
"""

import time
import tomllib
from collections.abc import Sequence
from typing import Any

import attrs

from matchzoo.core.declaration.structuring import structure, to_table
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.findings import Finding
from matchzoo.core.showing.progress import quietly
from matchzoo.core.storage import files
from matchzoo.core.version import __version__
from matchzoo.evaluation import Evaluation, Record, Trained
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.hub.folders.reading import artifact_of
from matchzoo.runs.run import ADDED, Run
from matchzoo.runs.showing import page, pictures


def evaluate_again(
    run: Run, evaluations: Sequence[Evaluation], *, data_changed: bool = False, quiet: bool = False
) -> Run:
    """Measure a finished run by other evaluations, and add their records to those that it has.

    The parts are those that the run stored, so nothing is trained again; data and weights of its recipe must be here.
    Its recipe stays as it is: what is added stands in ``metrics.json`` beside it (``added``: the evaluation, seconds,
    version), with records that are numbered on. The page and the scores of the distilled set follow. Every file is
    replaced whole, ``metrics.json`` first: a call that was cut off after it is completed by the next one, with the same
    evaluations or with none.

    Args:
        run: finished.
        evaluations: what is measured; those that the run has already, with the same fields, are not measured twice.
        data_changed: go on although the samples are not those that the run was trained on.
        quiet: show no progress.

    Returns:
        The run with all of its records.

    Raises:
        MatchZooError: the run cannot be evaluated so, the recipe cannot be built here, its data or weights have
            changed, or another process is at the run.
    """
    folder, known = run.folder, list(run.evaluations)
    added: list[Evaluation] = []
    for evaluation in evaluations:
        if all(to_table(evaluation) != to_table(other) for other in (*known, *added)):
            added.append(evaluation)

    with files.held(folder), files.filling(folder), quietly(quiet):
        training = run.rebuilt(data_changed=data_changed)
        parts, trainer = training.parts, run.recipe.trainer
        for evaluation in added:
            evaluation.check(parts)
        for part in parts.names.values():
            part.eval()

        method = str(run.metrics["results"][0]["method"]) if run.metrics["results"] else folder.absolute().name
        trained = Trained(parts=parts, engine=training.engine, method=method, seed=trainer.seed, quiet=quiet)
        results: list[Record] = list(run.metrics["results"])
        notes: list[dict[str, Any]] = list(run.metrics.get(ADDED, []))
        warnings = run.warnings
        for number, evaluation in enumerate(added, start=len(known)):
            began = time.monotonic()
            records = evaluation.evaluate(trained)
            results += [{"evaluation": evaluation.kind, "number": number, **record} for record in records]
            warnings += [Finding(evaluation.kind, reason) for reason in evaluation.findings(records)]
            seconds = time.monotonic() - began
            notes.append({"evaluation": to_table(evaluation), "seconds": seconds, "matchzoo": __version__})

        changed = {"results": results, "warnings": [attrs.asdict(finding) for finding in warnings], ADDED: notes}
        if added:
            files.write_json(folder / "metrics.json", {**run.metrics, **changed})
        evaluated = attrs.evolve(run, metrics={**run.metrics, **changed} if notes else run.metrics)
        _follow(evaluated, page.RunPage(folder, run.recipe, parts, evaluated.evaluations))
    return evaluated


def _follow(run: Run, run_page: page.RunPage) -> None:
    """Write what shows the records of a run again."""
    if artifact_of(run.folder) is not None:
        distilled = DistilledDataset.load(run.folder)
        attrs.evolve(distilled, scores=tuple(run.metrics["results"])).save(run.folder / "distilled")
    pictures.write_evaluated(run.folder, run.evaluations, run.metrics["results"])
    spent: dict[str, float] = dict(run.metrics["seconds"])
    spent["evaluation"] = spent.get("evaluation", 0.0) + sum(one["seconds"] for one in run.metrics.get(ADDED, []))
    run_page.write(run.metrics["steps"], spent, run.metrics["results"], run.warnings)


def of_text(texts: Sequence[str]) -> list[Evaluation]:
    """Evaluations of their TOML, such as ``{ kind = "from-scratch", epochs = 1000 }``, or of their kind alone.

    Raises:
        MatchZooError: a text is not a table, or one of no evaluation; with all problems.
    """
    made = []
    for text in texts:
        try:
            table = tomllib.loads(f"evaluation = {text}")["evaluation"] if text.lstrip()[:1] in "{\"'" else text
            made.append(structure(table, Evaluation))  # type: ignore[type-abstract]
        except tomllib.TOMLDecodeError as error:
            example = '{ kind = "from-scratch", epochs = 300 }'
            raise MatchZooError(f"--evaluation: expected a table such as '{example}' ({error})") from None
        except DeclarationError as error:
            raise error.under("--evaluation") from None
    return made
