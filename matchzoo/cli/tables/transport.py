"""The command matchzoo transport."""

import sys
from pathlib import Path
from typing import Annotated, Any

import tyro

from matchzoo.cli import given
from matchzoo.cli.tables.reading import Format, column_names, read_tables
from matchzoo.cli.usage import Flag
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.showing.text import as_json, finite
from matchzoo.core.storage.table_format import TableFormat

LARGEST = 2**25
"""Pairs of rows up to which the whole plan is held: 256 MiB. Above, only an entropic plan can be had."""


def transport(
    source: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")],
    target: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="TARGET")],
    method: str = "sinkhorn",
    output: Path | None = None,
    raw: Flag = False,
    json: Flag = False,
    format: Format = TableFormat(),  # noqa: B008
) -> None:
    """Move the rows of a table to those of another at least cost: the plan, the map it makes, and what it costs.

    matchzoo transport before.csv after.csv --method exact --output moved

    Args:
        source: table whose rows are moved: .csv, .tsv or .txt (with or without a heading), .parquet, .feather or .npy.
        target: table with the same columns.
        method: sinkhorn, exact, unbalanced or sparse; or with its fields, as a TOML table: '{ kind = "sinkhorn",
            epsilon = "0.01*mean" }'.
        output: folder for map.csv (where each row goes), plan.npy, diagnostics.json and a picture.
        raw: take columns in their own units instead of scaling them to unit variance, so that costs are in these.
        json: print the diagnostics for programs.
        format: how both tables are read.
    """
    given.check(given.method(method, "plan solver"), given.there(source), given.there(target))

    import torch

    from matchzoo.core.declaration.structuring import structure
    from matchzoo.models.transport import BlockwisePlan, Plan, PlanSolver, Sinkhorn, blockwise_plan
    from matchzoo.ratios.of_tables import declared, standardized

    try:
        solver = structure(declared(method), PlanSolver)  # type: ignore[type-abstract]
    except DeclarationError as error:
        raise error.under("--method") from None
    first, second = read_tables(source, target, format, json, ("source", "target"))
    pair = (first.values, second.values) if raw else standardized(first.values, second.values)
    x, y = map(torch.as_tensor, pair)
    plan: Plan | BlockwisePlan
    if len(x) * len(y) <= LARGEST:
        plan = solver(x, y)
    elif isinstance(solver, Sinkhorn):
        epsilon = solver.epsilon if isinstance(solver.epsilon, float) else None
        if isinstance(solver.epsilon, str) and solver.epsilon != Sinkhorn().epsilon:
            raise MatchZooError(
                f"--method: epsilon must be a number for {len(x)} x {len(y)} rows, got '{solver.epsilon}'"
            )
        plan = blockwise_plan(x, y, epsilon=epsilon, tolerance=max(solver.tolerance, 1e-3))
    else:
        raise MatchZooError(
            f"--method: {len(x)} x {len(y)} rows are too many for {declared(method)['kind']}; use sinkhorn"
        )

    names = column_names(first)
    images = plan.barycentric(torch.as_tensor(second.values)).numpy()
    means = (first.values.mean(0), second.values.mean(0), images.mean(0))
    results: dict[str, Any] = finite(
        {
            "method": method,
            "rows": [len(x), len(y)],
            "tables": [first.seen, second.seen],
            "columns": list(names),
            **plan.diagnostics(),
            "means": {name: [float(side[i]) for side in means] for i, name in enumerate(names)},
        }
    )
    print(as_json(results) if json else "\n".join(summary(results)))
    if output is not None:
        from matchzoo.cli.tables.transport_files import write

        for path in write(output, first, second, plan, images, results):
            print(f"wrote {path}", file=sys.stderr if json else sys.stdout)


def summary(results: dict[str, Any]) -> list[str]:
    """The diagnostics as lines, with what each should be."""
    n, m = results["rows"]
    cost = results["cost"]
    lines = [
        f"{results['method']}: {n} rows of the source to {m} of the target",
        _line("cost", cost, "mean squared distance that rows are moved; its root is below"),
        _line(
            "root of the cost", None if cost is None else max(cost, 0.0) ** 0.5, "in standard deviations, or as given"
        ),
        _line("value", results["value"], "what the method minimized"),
        _line("marginal error", results["marginal_error"], "near 0, but where mass may stay behind"),
    ]
    if "nonzeros" in results:
        lines.append(_line("sources of a target row", results["nonzeros"], "at most"))
    if "gap" in results:
        lines.append(_line("gap to the dual", results["gap"], "near 0"))
    width = max(map(len, results["columns"]))
    lines.append(f"{'means of':{width + 2}} {'source':>10} {'target':>10} {'mapped':>10}")
    for name, values in list(results["means"].items())[:20]:
        lines.append(f"  {name:{width}} " + " ".join(f"{value:10.4g}" for value in values))
    return lines


def _line(name: str, value: float | None, note: str) -> str:
    shown = "not finite" if value is None else f"{value:.4g}"
    return f"{name:26} {shown:>10}  {note}"
