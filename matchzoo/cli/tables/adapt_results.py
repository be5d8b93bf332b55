"""What matchzoo adapt prints and writes."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matchzoo.core.errors import MatchZooError


def summary(results: Mapping[str, Any]) -> list[str]:
    """The diagnostics as lines, with what each should be."""
    n, m = results["rows"]
    classes = results.get("classes")
    kinds = "" if classes is None else f", {len(classes)} classes"
    lines = [
        f"{results['method']}: {n} rows of the source, {m} of the target{kinds}",
        _line("squared MMD before", results["mmd2_before"], "near 0 if the tables are alike"),
        _line("squared MMD after", results["mmd2_after"], "should be smaller"),
    ]
    if "effective_sample_size" in results:
        lines.append(_line("effective sample size", results["effective_sample_size"], f"of {n}"))
    if classes is None:
        lines += [
            _line("error at the source", results["source_error"], "root mean square, of the rows it was fitted to"),
            _line("R2 at the source", results["source_r2"], "1 at best"),
            _line("change", results["change"], "root mean square, from predictions without adaptation"),
            _line("mean of predictions", results["mean"], f"at the source {results['source_mean']:.4f}"),
            _line("spread of predictions", results["spread"], f"at the source {results['source_spread']:.4f}"),
        ]
    else:
        lines += [
            _line("accuracy at the source", results["source_accuracy"], "of the rows it was fitted to"),
            _line("agreement", results["agreement"], "with predictions without adaptation"),
            _line("entropy of predictions", results["entropy"], f"nats, {math.log(len(classes)):.3f} at most"),
            "class shares               source  predicted",
        ]
        triples = zip(classes, results["source_class_shares"], results["class_shares"], strict=True)
        lines += [f"  {name[:24]:24} {before:6.3f}     {after:6.3f}" for name, before, after in triples]
    titles = {
        "target_accuracy": "accuracy at the target",
        "target_error": "error at the target",
        "target_absolute_error": "absolute error there",
        "target_r2": "R2 there",
    }
    for name, title in titles.items():
        if name in results:
            lines.append(_line(title, results[name], "by labels used for nothing else"))
            lines.append(_line("  without adaptation", results[f"{name}_without_adaptation"], ""))
    if not any(name in results for name in titles):
        lines.append("no figure above says whether the predictions are right: label a few rows of the target")
    return lines


def write(
    folder: Path, in_rows_of_file: Any, heads: Sequence[str], predictions: Sequence[Sequence[Any]], results: Any
) -> list[Path]:
    """Write predictions.csv, with a line of each row of the target's file (empty where one was left out), and
    diagnostics.json; returns the paths.

    Args:
        folder: made if it is not there.
        in_rows_of_file: of the target's table, `Numbers.in_rows_of_file`.
        heads: of the columns.
        predictions: a line of each row of the target.
        results: for diagnostics.json.
    """
    import csv
    import io

    import numpy as np

    from matchzoo.core.storage import files

    positions = in_rows_of_file(np.arange(len(predictions), dtype=np.float64))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    for position in positions.tolist():
        left_out = position != position
        writer.writerow([""] * len(heads) if left_out else predictions[int(position)])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files.write_text(folder / "predictions.csv", text.getvalue())
        files.write_json(folder / "diagnostics.json", dict(results))
    except OSError as error:
        raise MatchZooError(f"{folder}: cannot be written ({error.strerror}); give another with --output") from None
    return [folder / "predictions.csv", folder / "diagnostics.json"]


def _line(name: str, value: float | None, note: str) -> str:
    shown = "not finite" if value is None else f"{value:.4f}"
    return f"{name:26} {shown:>10}  {note}".rstrip()
