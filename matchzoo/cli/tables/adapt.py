"""The command matchzoo adapt."""

import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import attrs
import tyro

from matchzoo.cli import given
from matchzoo.cli.tables.adapt_results import summary, write
from matchzoo.cli.tables.reading import Format, read_tables
from matchzoo.cli.usage import Flag
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.text import as_json, finite
from matchzoo.core.storage.table_format import TableFormat


def adapt(
    source: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")],
    target: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="TARGET")],
    label: str,
    method: str = "coral",
    task: Literal["classification", "regression"] = "classification",
    output: Path | None = None,
    raw: Flag = False,
    penalty: float | None = None,
    seed: int = 0,
    json: Flag = False,
    format: Format = TableFormat(),  # noqa: B008
) -> None:
    """Predict the classes, or numbers, of a table without labels by one with labels whose rows are distributed
    otherwise.

    matchzoo adapt hospital_a.csv hospital_b.csv --label diagnosis --method linear-transport --output adapted

    Args:
        source: table with labels: .csv, .tsv or .txt, .parquet, .feather or .npy.
        target: table with the same columns; a column of labels is not looked at but for the accuracy.
        label: the column of labels, text or numbers (by number from 1 in tables without names).
        method: coral, linear-transport, transport, means, mmd-location-scale, subspace-alignment, transfer-components,
            transfer-joint-matching, principal-components, label-propagation or none; reweight or a ratio estimator such
            as kliep, for weights; or with its fields, a TOML table: '{ kind = "transfer-components", features = 3 }'.
        task: what the labels are: classes, or numbers that a linear regression predicts.
        output: folder for predictions.csv and diagnostics.json.
        raw: take columns in their own units instead of scaling them to unit variance.
        penalty: of the squared weights of the model; 1 over the rows of the source if not given; 0 is least squares.
        seed: of the draws of a ratio estimator.
        json: print the diagnostics for programs.
        format: how both tables are read.
    """
    given.check(given.there(source), given.there(target))

    import torch

    from matchzoo.core.storage.label_column import labels_in, required_labels
    from matchzoo.evaluation.adaptation import method_of

    least = 0 if task == "regression" else None
    if penalty is not None and (penalty < 0 or (penalty == 0 and least is None)):
        expected = "a number above 0" if least is None else "at least 0"
        raise MatchZooError(f"--penalty: expected {expected}, got {penalty}")
    method_of(method, 2)  # a wrong one is refused before tables are read
    labels = required_labels(source, label, format)
    truth = labels_in(target, label, format)
    pair = read_tables(source, target, format, json, ("source", "target"), drop=[label])

    kept = [labels[row] for row in pair[0].rows]
    unlabeled = [row + 1 for row, name in zip(pair[0].rows, kept, strict=True) if name is None]
    if unlabeled:
        raise MatchZooError(f"{source}: row {unlabeled[0]} has no label ({len(unlabeled)} in all); leave such rows out")
    known = [] if truth is None else [truth[row] for row in pair[1].rows]
    column = _Column(source, label, [str(name) for name in kept], pair[0].rows)
    first, second = (torch.from_numpy(table.values) for table in pair)
    fitted = {"method": method, "standardize": not raw, "penalty": penalty, "seed": seed}
    results: dict[str, Any] = {
        "method": method,
        "task": task,
        "rows": [len(first), len(second)],
        "tables": [table.seen for table in pair],
        "columns": list(pair[0].columns),
    }
    predict = _numbers if task == "regression" else _classes
    heads, predictions, measured = predict(first, second, column, known, fitted)

    results = finite(results | measured)
    print(as_json(results) if json else "\n".join(summary(results)))
    if output is not None:
        for path in write(output, pair[1].in_rows_of_file, heads, predictions, results):
            print(f"wrote {path}", file=sys.stderr if json else sys.stdout)


@attrs.frozen
class _Column:
    """Labels of the source.

    Attributes:
        path: of its file.
        name: of the column.
        cells: [n] text.
        rows: [n] of the file, from 0.
    """

    path: Path
    name: str
    cells: list[str]
    rows: Any


Predictions = tuple[list[str], list[list[Any]], dict[str, Any]]
"""The heading of predictions.csv, its rows, and what there is to report."""


def _classes(
    source: Any, target: Any, column: _Column, known: Sequence[str | None], options: Mapping[str, Any]
) -> Predictions:
    """Classes of the target's rows [m, d], their probabilities, and diagnostics."""
    import torch

    from matchzoo.evaluation.adaptation import adapt as fit

    names = sorted(set(column.cells), key=_order)
    where = f"{column.path}: column '{column.name}'"
    if len(names) < 2:
        raise MatchZooError(f"{where} has one class only: {names[0]}; expected 2 or more")
    if len(names) > max(len(column.cells) // 2, 2):
        raise MatchZooError(
            f"{where} has {len(names)} values in {len(column.cells)} rows: no classes; numbers are predicted with "
            "--task regression"
        )

    indices = torch.tensor([names.index(cell) for cell in column.cells])
    adapted = fit(source, indices, target, classes=len(names), **options)
    chances = adapted.probabilities(target)
    predictions = [names[index] for index in chances.argmax(1).tolist()]
    measured: dict[str, Any] = {"classes": names, **adapted.diagnostics()}
    if any(name is not None for name in known):
        plain = fit(source, indices, target, classes=len(names), **{**options, "method": None})
        without = [names[index] for index in plain.predict(target).tolist()]
        measured["target_accuracy"] = _share(predictions, known)
        measured["target_accuracy_without_adaptation"] = _share(without, known)
    heads = ["prediction", *(f"probability of {name}" for name in names)]
    return heads, [[name, *row] for name, row in zip(predictions, chances.tolist(), strict=True)], measured


def _numbers(
    source: Any, target: Any, column: _Column, known: Sequence[str | None], options: Mapping[str, Any]
) -> Predictions:
    """Numbers for the target's rows [m, d], and diagnostics."""
    import torch

    from matchzoo.evaluation.adaptation import adapt_regression as fit

    values = torch.tensor([_number(cell) for cell in column.cells], dtype=torch.float64)
    if not bool(values.isfinite().all()):
        first = int((~values.isfinite()).nonzero()[0])
        raise MatchZooError(
            f"{column.path}: row {int(column.rows[first]) + 1}: column '{column.name}' has '{column.cells[first]}', "
            "which is not a number; classes are predicted with --task classification"
        )
    adapted = fit(source, values, target, **options)
    predictions = adapted.predict(target)
    measured: dict[str, Any] = adapted.diagnostics()
    truth = torch.tensor([math.nan if cell is None else _number(cell) for cell in known], dtype=torch.float64)
    if bool(truth.isfinite().any()):
        plain = fit(source, values, target, **{**options, "method": None}).predict(target)
        measured |= _errors(predictions, truth)
        measured |= {f"{name}_without_adaptation": value for name, value in _errors(plain, truth).items()}
    return ["prediction"], [[value] for value in predictions.tolist()], measured


def _errors(predictions: Any, truth: Any) -> dict[str, float]:
    """Root mean squared and mean absolute error, and R², of the rows [m] whose number is known."""
    rows = truth.isfinite()
    residual, values = predictions[rows] - truth[rows], truth[rows]
    square, variance = residual.square().mean().item(), values.var(correction=0).item()
    return {
        "target_error": math.sqrt(square),
        "target_absolute_error": residual.abs().mean().item(),
        "target_r2": 1 - square / variance if variance > 0 else math.nan,
    }


def _share(predictions: Sequence[str], known: Sequence[str | None]) -> float:
    """The share of predictions that are right, of the rows whose label is known."""
    right = [guess == name for guess, name in zip(predictions, known, strict=True) if name is not None]
    return sum(right) / len(right)


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _order(name: str) -> tuple[int, float, str]:
    """Numbers by size, then text by the alphabet."""
    try:
        return 0, float(name), name
    except ValueError:
        return 1, 0.0, name
