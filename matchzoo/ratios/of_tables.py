"""Density ratios of users' own two tables: the Python door, and ``matchzoo ratio``."""

import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.storage.number_tables import constant
from matchzoo.ratios.table_rows import rows_like, two_tables

if TYPE_CHECKING:
    import torch

    from matchzoo.ratios.ratio import Ratio
    from matchzoo.ratios.ratio_estimator import RatioEstimator

HELD_OUT = 0.2
"""Share of each table that the check leaves out of its fit."""
OF_TABLES: dict[str, dict[str, Any]] = {"kernel-mean-matching": {"ridge": "cross-validation"}}
"""Fields of methods that tables have another default of than training, where a choice in every step is too slow."""


def declared(method: str) -> dict[str, Any]:
    """A method's table, of its kind or of the text of a TOML table, with the defaults of `OF_TABLES`."""
    table: Any = {"kind": method}
    if method.lstrip().startswith("{"):
        try:
            table = tomllib.loads(f"method = {method}")["method"]
        except tomllib.TOMLDecodeError as error:
            raise MatchZooError(f"--method: not a TOML table: {error}") from None
    return {**OF_TABLES.get(str(table.get("kind")), {}), **table}


def estimator_of(method: str) -> "RatioEstimator":
    """The estimator of a kind (``ulsif``) or of a TOML table (``{ kind = "ulsif", centers = 500 }``)."""
    from matchzoo.core.declaration.structuring import structure
    from matchzoo.ratios.ratio_estimator import RatioEstimator

    try:
        return structure(declared(method), RatioEstimator)  # type: ignore[type-abstract]
    except DeclarationError as error:
        raise error.under("--method") from None


def estimate(
    numerator: Any,
    denominator: Any,
    method: "str | RatioEstimator" = "ulsif",
    *,
    standardize: bool = True,
    seed: int = 0,
) -> "Ratio":
    """Estimate the ratio of the densities that two tables were drawn from, at the denominator's rows and elsewhere.

    Examples:
        >>> ratio = estimate(people_2024, people_2019)  # arrays [n, d] and [m, d], or data frames
        >>> ratio.at(more_people)  # [k]
        >>> ratio.at([41, 35])  # [1], of a single person

    Args:
        numerator: rows of p, array-like [n, d], or [n] of a single column. Columns of two data frames (or structured
            arrays, or mappings) go by name, else by position.
        denominator: rows of q, [m, d] or [m].
        method: a kind (ulsif, rulsif, kliep, classifier, kernel-mean-matching, gaussian, kernel-density,
            nearest-neighbor), a TOML table, or an estimator.
        standardize: shift and scale every column by the pooled mean and standard deviation first. The ratio that is
            estimated does not depend on units, but Gaussian kernels do.
        seed: of the draws of centers and folds.

    Returns:
        A `Ratio` in float64; ``.denominator``, ``.numerator``, ``.at(rows)`` (in the units of the tables, columns by
        name where both have names; a vector is a single row, or k rows of a single column), ``.diagnostics()``.

    Raises:
        MatchZooError: cells that are no finite numbers (with row and column), other columns, or sets that the method
            cannot do.
    """
    import torch

    from matchzoo.core.samples import Samples
    from matchzoo.core.step import Step

    estimator = estimator_of(method) if isinstance(method, str) else method
    first, second = two_tables(numerator, denominator)
    p, q = torch.as_tensor(first.values), torch.as_tensor(second.values)
    center, spread = _scale(p, q) if standardize else (torch.zeros(()), torch.ones(()))
    with torch.no_grad():
        ratio = estimator.fit(Samples((p - center) / spread), Samples((q - center) / spread), Step(0, seed))
    if not estimator.out_of_sample:
        return ratio

    def at(rows: Any) -> "torch.Tensor":
        values = rows_like(rows, first.columns, first.values.shape[1])
        with torch.no_grad():
            return ratio.at((torch.as_tensor(values) - center) / spread)

    return ratio.mapped(at)


def _scale(numerator: "torch.Tensor", denominator: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
    """Mean and standard deviation [d] of both tables' rows; 1 of a constant column."""
    import torch

    pooled = torch.cat([numerator, denominator])
    spread = pooled.std(0, correction=0)
    spread[torch.from_numpy(constant(pooled.numpy()))] = 1.0
    return pooled.mean(0), spread


def standardized(numerator: Any, denominator: Any) -> "list[torch.Tensor]":
    """Rows [n, d] and [m, d] of two tables, every column with pooled mean 0 and standard deviation 1, if not constant.

    Args:
        numerator: rows of p, as `estimate` takes them.
        denominator: rows of q.
    """
    import torch

    tables = [torch.as_tensor(table.values) for table in two_tables(numerator, denominator)]
    center, spread = _scale(*tables)
    return [(rows - center) / spread for rows in tables]


@np.errstate(invalid="ignore")
def balance(numerator: Any, denominator: Any, ratio: "Ratio") -> list[tuple[float, float]]:
    """How far the means of each column are apart, in standard deviations of the numerator: before and after weighting.

    In units of the column where that is constant in the numerator. The ratio's weights should carry the denominator's
    (of a relative ratio: the mixture's) means to the numerator's. NaN after weights that are not finite.

    Args:
        numerator: the rows of p that the ratio was estimated from, as `estimate` takes them.
        denominator: those of q.
        ratio: as `estimate` gives it.
    """
    numerator, denominator = (table.values for table in two_tables(numerator, denominator))
    a = ratio.relative
    points, weights = denominator, (1 - a) * ratio.denominator.numpy() / len(denominator)
    if a:
        points = np.concatenate([denominator, numerator])
        weights = np.concatenate([weights, a * ratio.numerator.numpy() / len(numerator)])
    spread = np.where(constant(numerator), 1.0, numerator.std(0))
    before = (denominator.mean(0) - numerator.mean(0)) / spread
    after = (weights @ points / max(weights.sum(), np.finfo(float).tiny) - numerator.mean(0)) / spread
    return list(zip(before.tolist(), after.tolist(), strict=True))


@np.errstate(invalid="ignore", over="ignore")
def held_out(
    numerator: Any,
    denominator: Any,
    method: "str | RatioEstimator" = "ulsif",
    standardize: bool = True,
    seed: int = 0,
    chosen: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """What a fit to 80 % of both tables, drawn by the seed, says of the rest: a check of what `estimate` delivers.

    The hyper-parameters and the scaling of columns are those of the fit to all rows; nothing is chosen again.

    ``mean`` of the ratio over rows of the denominator (of a relative ratio: of the mixture) should be 1; ``squared
    error`` is E_q(r − p/q)² less what a constant ratio of 1 has (below 0: better than no weights at all);
    ``auc`` is the share of pairs that the ratio orders rightly (0.5: the tables look alike to it).

    Args:
        numerator: rows of p, as `estimate` takes them.
        denominator: rows of q.
        method: as `estimate` takes it; it must have values at new rows.
        standardize: as in `estimate`.
        seed: of the rows that are left out, and of the estimates.
        chosen: the `Ratio.chosen` of the ratio that is to be checked; that of an estimate from all rows if not given.
    """
    import torch

    estimator = estimator_of(method) if isinstance(method, str) else method
    if chosen is None:
        chosen = estimate(numerator, denominator, estimator, standardize=standardize, seed=seed).chosen
    if standardize:
        tables = [rows.numpy() for rows in standardized(numerator, denominator)]
    else:
        tables = [table.values for table in two_tables(numerator, denominator)]

    rng = np.random.default_rng(seed)
    parts = []
    for rows in tables:
        order = rng.permutation(len(rows))
        count = max(round(HELD_OUT * len(rows)), 1)
        parts.append((rows[order[count:]], rows[order[:count]]))
    (fit_p, out_p), (fit_q, out_q) = parts
    ratio = estimate(fit_p, fit_q, estimator.with_chosen(chosen), standardize=False, seed=seed)
    at_p, at_q = (ratio.at(torch.as_tensor(rows)).numpy() for rows in (out_p, out_q))

    a = ratio.relative

    def mixture(of_p: np.ndarray, of_q: np.ndarray) -> float:
        return float(a * of_p.mean() + (1 - a) * of_q.mean())

    ranks = np.searchsorted(np.sort(at_q), at_p, "left") + np.searchsorted(np.sort(at_q), at_p, "right")
    return {
        "rows": [len(out_p), len(out_q)],
        "mean": mixture(at_p, at_q),
        "squared_error_less_that_of_1": mixture(at_p**2, at_q**2) - 2 * float(at_p.mean()) + 1,
        "auc": float(ranks.mean() / (2 * len(at_q))),
    }
