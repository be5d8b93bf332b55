"""The command matchzoo ratio."""

import sys
from pathlib import Path
from typing import Annotated, Any

import tyro

from matchzoo.cli import given
from matchzoo.cli.tables.reading import Format, check_weights, column_names, read_tables, row_weights
from matchzoo.cli.usage import Flag
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.text import as_json, finite
from matchzoo.core.storage.table_format import TableFormat


def ratio(
    numerator: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="NUMERATOR")],
    denominator: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="DENOMINATOR")],
    method: str = "ulsif",
    output: Path | None = None,
    raw: Flag = False,
    seed: int = 0,
    json: Flag = False,
    permutations: int = 0,
    weights: str | None = None,
    format: Format = TableFormat(),  # noqa: B008
) -> None:
    """Estimate the ratio of the densities of two tables of numbers, at every row, and say whether to trust it.

    matchzoo ratio people_2024.csv people_2019.csv --output ratio

    Args:
        numerator: table of p: .csv, .tsv or .txt (with or without a heading), .parquet, .feather or .npy.
        denominator: table of q; the ratio p/q is its rows' weight.
        method: ulsif, rulsif, kliep, classifier, kernel-mean-matching, gaussian, kernel-density or
            nearest-neighbor; or with its fields, as a TOML table:
            '{ kind = "classifier", features = "linear" }'.
        output: folder for the values (CSV and npy), diagnostics.json and a picture.
        raw: take columns in their own units instead of scaling them to unit variance.
        seed: of the draws of kernel centers, folds and of the held-out rows.
        json: print the diagnostics for programs.
        permutations: test whether the tables are of one distribution at all, by this many permutations, such as 999.
        weights: column with the weights of a table's rows, such as those of a survey, in either file or both; rows of
            a file without it count alike.
        format: how both tables are read.
    """
    if weights is not None and permutations:
        raise MatchZooError("--permutations: the test takes no weights of rows; leave either out")
    given.check(given.method(method, "ratio estimator"), given.there(numerator), given.there(denominator))

    from matchzoo.cli.tables.ratio_summary import remarks, summary
    from matchzoo.ratios import verdict
    from matchzoo.ratios.of_tables import balance, estimate, estimator_of, held_out, standardized

    estimator = estimator_of(method)
    if weights is not None:
        check_weights([numerator, denominator], weights, format)
    p, q = read_tables(numerator, denominator, format, json, drop=[] if weights is None else [weights])
    u, v = (
        None if weights is None else row_weights(path, table.rows, weights, format)
        for path, table in ((numerator, p), (denominator, q))
    )
    fitted = estimate(p.values, q.values, estimator, standardize=not raw, seed=seed, weights=(u, v))
    names = column_names(p)
    results: dict[str, Any] = {
        "method": method,
        "rows": [len(p.values), len(q.values)],
        "tables": [p.seen, q.seen],
        "columns": list(names),
        **({} if weights is None else {"weights": {"column": weights, "tables": [u is not None, v is not None]}}),
        **({"relative": fitted.relative} if fitted.relative else {}),
        "chosen": fitted.chosen,
        **fitted.diagnostics(),
        "balance": {n: list(pair) for n, pair in zip(names, balance(p.values, q.values, fitted), strict=True)},
    }
    failures = []
    if estimator.out_of_sample and min(len(p.values), len(q.values)) >= 10:
        try:
            results["held_out"] = held_out(p.values, q.values, estimator, not raw, seed, fitted.chosen, (u, v))
        except MatchZooError as error:
            results["held_out"] = None
            failures.append(f"no held-out check: {error}")
    if permutations:
        import torch

        from matchzoo.evaluation.metrics.two_sample_tests import permutation_test

        first, second = map(torch.as_tensor, (p.values, q.values) if raw else standardized(p.values, q.values))
        try:
            test = permutation_test(first, second, permutations=permutations, seed=seed)
            results["two_sample"] = {"mmd2": test.statistic, "p_value": test.p_value, "permutations": len(test.null)}
        except MatchZooError as error:
            results["two_sample"] = None
            failures.append(f"no two-sample test: {error}")
    results = finite(results)
    sides = {"denominator": fitted.denominator.numpy()}
    sides |= {"numerator": fitted.numerator.numpy()} if estimator.out_of_sample else {}
    counted = [len(x.values) if w is None else int((w > 0).sum()) for x, w in ((p, u), (q, v))]
    results["notes"] = failures + remarks(results, sides)
    results["verdict"] = verdict(results, (counted[0], counted[1])).record()
    print(as_json(results) if json else "\n".join(summary(results)))
    if output is not None:
        from matchzoo.cli.tables.ratio_files import write

        for path in write(output, p, q, fitted, estimator.out_of_sample, results):
            print(f"wrote {path}", file=sys.stderr if json else sys.stdout)
