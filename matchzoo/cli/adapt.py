"""The command matchzoo adapt."""

import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from matchzoo.cli.usage import Flag
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.text import as_json, finite

if TYPE_CHECKING:
    import numpy as np


def adapt(
    source: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")],
    target: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="TARGET")],
    label: str,
    method: str = "coral",
    output: Path | None = None,
    raw: Flag = False,
    penalty: float | None = None,
    seed: int = 0,
    json: Flag = False,
    heading: Literal["auto", "yes", "no"] = "auto",
    delimiter: str | None = None,
    decimal: Literal[".", ","] | None = None,
    skip_lines: int = 0,
    drop: tyro.conf.UseAppendAction[tuple[str, ...]] = (),
    missing: Literal["refuse", "drop"] = "refuse",
) -> None:
    """Predict the classes of a table without labels by one with labels whose rows are distributed otherwise.

    matchzoo adapt hospital_a.csv hospital_b.csv --label diagnosis --method linear-transport --output adapted

    Args:
        source: table with labels: .csv, .tsv or .txt, .parquet, .feather or .npy.
        target: table with the same columns; a column of labels is not looked at but for the accuracy.
        label: the column of labels, text or numbers (by number from 1 in tables without names).
        method: coral, linear-transport, transport, means, subspace-alignment, transfer-components,
            principal-components, label-propagation or none; reweight or a ratio estimator such as kliep, for weights;
            or with its fields, as a TOML table: '{ kind = "transfer-components", features = 3 }'.
        output: folder for predictions.csv and diagnostics.json.
        raw: take columns in their own units instead of scaling them to unit variance.
        penalty: of the squared weights of the classifier; 1 over the rows of the source if not given.
        seed: of the draws of a ratio estimator.
        json: print the diagnostics for programs.
        heading: whether the first line of both tables has the names of the columns; auto looks, and asks in doubt.
        delimiter: between cells, if it is not to be seen: a character, tab or space (any number of blanks).
        decimal: decimal point or decimal comma, if it is not to be seen.
        skip_lines: lines above the tables, such as titles.
        drop: a column to leave out, by its name (by number from 1 in tables without names); may be repeated.
        missing: refuse tables with missing values, or drop such rows.
    """
    import torch

    from matchzoo.core.storage.label_column import labels_in, required_labels
    from matchzoo.core.storage.number_tables import read_pair
    from matchzoo.core.storage.table_format import TableFormat
    from matchzoo.evaluation.adaptation import adapt as fit
    from matchzoo.evaluation.adaptation import method_of

    if penalty is not None and penalty <= 0:
        raise MatchZooError(f"--penalty: expected a number above 0, got {penalty}")
    options: dict[str, Any] = {
        "heading": heading,
        "delimiter": delimiter,
        "decimal": decimal,
        "skip_lines": skip_lines,
        "missing": missing,
    }
    format = TableFormat(**options, drop=drop)
    method_of(method, 2)  # a wrong one is refused before tables are read
    labels = required_labels(source, label, format)
    truth = labels_in(target, label, format)
    pair = read_pair(source, target, TableFormat(**options, drop=(*drop, label)), names=("source", "target"))
    for table in pair:
        print(table.seen, file=sys.stderr if json else sys.stdout)

    kept = [labels[row] for row in pair[0].rows]
    unlabeled = [row + 1 for row, name in zip(pair[0].rows, kept, strict=True) if name is None]
    if unlabeled:
        raise MatchZooError(f"{source}: row {unlabeled[0]} has no label ({len(unlabeled)} in all); leave such rows out")
    names = sorted({name for name in kept if name is not None}, key=_order)
    if len(names) < 2:
        raise MatchZooError(f"{source}: column '{label}' has one class only: {names[0]}; expected 2 or more")
    if len(names) > max(len(kept) // 2, 2):
        raise MatchZooError(f"{source}: column '{label}' has {len(names)} values in {len(kept)} rows: no classes")

    indices = torch.tensor([names.index(str(name)) for name in kept])
    first, second = (torch.from_numpy(table.values) for table in pair)
    adapted = fit(first, indices, second, method, standardize=not raw, penalty=penalty, classes=len(names), seed=seed)
    chances = adapted.probabilities(second).numpy()
    predictions = [names[index] for index in chances.argmax(1).tolist()]
    results: dict[str, Any] = {
        "method": method,
        "rows": [len(first), len(second)],
        "tables": [table.seen for table in pair],
        "columns": list(pair[0].columns),
        "classes": names,
        **adapted.diagnostics(),
    }
    known = [] if truth is None else [truth[row] for row in pair[1].rows]
    if any(name is not None for name in known):
        plain = fit(first, indices, second, None, standardize=not raw, penalty=penalty, classes=len(names))
        without = [names[index] for index in plain.predict(second).tolist()]
        results["target_accuracy"] = _share(predictions, known)
        results["target_accuracy_without_adaptation"] = _share(without, known)

    results = finite(results)
    print(as_json(results) if json else "\n".join(summary(results)))
    if output is not None:
        for path in write(output, pair[1].in_rows_of_file, predictions, chances, names, results):
            print(f"wrote {path}", file=sys.stderr if json else sys.stdout)


def summary(results: Mapping[str, Any]) -> list[str]:
    """The diagnostics as lines, with what each should be."""
    n, m = results["rows"]
    lines = [
        f"{results['method']}: {n} rows of the source, {m} of the target, {len(results['classes'])} classes",
        _line("squared MMD before", results["mmd2_before"], "near 0 if the tables are alike"),
        _line("squared MMD after", results["mmd2_after"], "should be smaller"),
        _line("accuracy at the source", results["source_accuracy"], "of the rows it was fitted to"),
        _line("agreement", results["agreement"], "with predictions without adaptation"),
        _line("entropy of predictions", results["entropy"], f"nats, {math.log(len(results['classes'])):.3f} at most"),
    ]
    if "effective_sample_size" in results:
        lines.append(_line("effective sample size", results["effective_sample_size"], f"of {n}"))
    lines.append("class shares               source  predicted")
    triples = zip(results["classes"], results["source_class_shares"], results["class_shares"], strict=True)
    lines += [f"  {name[:24]:24} {before:6.3f}     {after:6.3f}" for name, before, after in triples]
    if "target_accuracy" in results:
        lines.append(_line("accuracy at the target", results["target_accuracy"], "by labels used for nothing else"))
        lines.append(_line("  without adaptation", results["target_accuracy_without_adaptation"], ""))
    else:
        lines.append("no figure above says whether the predictions are right: label a few rows of the target")
    return lines


def write(
    folder: Path,
    in_rows_of_file: Any,
    predictions: Sequence[str],
    chances: "np.ndarray",
    names: Sequence[str],
    results: Mapping[str, Any],
) -> list[Path]:
    """Write predictions.csv, with a line of each row of the target's file (empty where one was left out), and
    diagnostics.json; returns the paths.

    Args:
        folder: made if it is not there.
        in_rows_of_file: of the target's table, `Numbers.in_rows_of_file`.
        predictions: one of each row of the target.
        chances: their class probabilities [m, c].
        names: of the classes.
        results: for diagnostics.json.
    """
    import csv
    import io

    import numpy as np

    from matchzoo.core.storage import files

    positions = in_rows_of_file(np.arange(len(predictions), dtype=np.float64))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["prediction", *(f"probability of {name}" for name in names)])
    for position in positions.tolist():
        left_out = position != position
        row = [""] * (1 + len(names)) if left_out else [predictions[int(position)], *chances[int(position)].tolist()]
        writer.writerow(row)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files.write_text(folder / "predictions.csv", text.getvalue())
        files.write_json(folder / "diagnostics.json", dict(results))
    except OSError as error:
        raise MatchZooError(f"{folder}: cannot be written ({error.strerror}); give another with --output") from None
    return [folder / "predictions.csv", folder / "diagnostics.json"]


def _share(predictions: Sequence[str], known: Sequence[str | None]) -> float:
    """The share of predictions that are right, of the rows whose label is known."""
    right = [guess == name for guess, name in zip(predictions, known, strict=True) if name is not None]
    return sum(right) / len(right)


def _line(name: str, value: float | None, note: str) -> str:
    shown = "not finite" if value is None else f"{value:.4f}"
    return f"{name:26} {shown:>10}  {note}".rstrip()


def _order(name: str) -> tuple[int, float, str]:
    """Numbers by size, then text by the alphabet."""
    try:
        return 0, float(name), name
    except ValueError:
        return 1, 0.0, name
