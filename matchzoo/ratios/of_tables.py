"""Density ratios of users' own two tables: the Python door, and ``matchzoo ratio``."""

import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.storage.number_tables import constant
from matchzoo.ratios.table_rows import numbers_of, rows_like, two_tables

if TYPE_CHECKING:
    import torch

    from matchzoo.core.samples import Samples
    from matchzoo.ratios.ratio import Ratio
    from matchzoo.ratios.ratio_estimator import RatioEstimator

HELD_OUT = 0.2
"""Share of each table that the check leaves out of its fit."""
Weights = tuple[Any, Any]
"""Weights of the numerator's rows [n] and of the denominator's [m], array-like; None where all count alike."""
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
    weights: Weights = (None, None),
) -> "Ratio":
    """Estimate the ratio of the densities that two tables were drawn from, at the denominator's rows and elsewhere.

    Examples:
        >>> ratio = estimate(people_2024, people_2019)  # arrays [n, d] and [m, d], or data frames
        >>> ratio.at(more_people)  # [k]
        >>> ratio.at([41, 35])  # [1], of a single person
        >>> estimate(census, survey, weights=(None, survey_weights))

    Args:
        numerator: rows of p, array-like [n, d], or [n] of a single column. Columns of two data frames (or structured
            arrays, or mappings) go by name, else by position.
        denominator: rows of q, [m, d] or [m].
        method: a kind (ulsif, rulsif, kliep, classifier, kernel-mean-matching, gaussian, kernel-density,
            nearest-neighbor), a TOML table, or an estimator.
        standardize: shift and scale every column by the pooled mean and standard deviation first. The ratio that is
            estimated does not depend on units, but Gaussian kernels do.
        seed: of the draws of centers and folds.
        weights: of the numerator's rows [n] and of the denominator's [m], non-negative and of any scale, None where all
            count alike; they count in the scaling of columns, too.

    Returns:
        A `Ratio` in float64; ``.denominator``, ``.numerator``, ``.at(rows)`` (in the units of the tables, columns by
        name where both have names; a vector is a single row, or k rows of a single column), ``.diagnostics()``.

    Raises:
        MatchZooError: cells that are no finite numbers (with row and column), other columns, weights that are negative,
            all 0 or of another number of rows, or sets that the method cannot do.
    """
    import torch

    from matchzoo.core.samples import Samples
    from matchzoo.core.step import Step

    estimator = estimator_of(method) if isinstance(method, str) else method
    first, second = two_tables(numerator, denominator)
    u, v = _weights(weights)
    p, q = Samples(torch.as_tensor(first.values), weights=u), Samples(torch.as_tensor(second.values), weights=v)
    center, spread = _scale(p, q) if standardize else (torch.zeros(()), torch.ones(()))
    scaled_p, scaled_q = (Samples((x.values - center) / spread, weights=x.weights) for x in (p, q))
    with torch.no_grad():
        ratio = estimator.fit(scaled_p, scaled_q, Step(0, seed))
    if not estimator.out_of_sample:
        return ratio

    def at(rows: Any) -> "torch.Tensor":
        values = rows_like(rows, first.columns, first.values.shape[1])
        with torch.no_grad():
            return ratio.at((torch.as_tensor(values) - center) / spread)

    return ratio.mapped(at)


def _weights(weights: Weights) -> "list[torch.Tensor | None]":
    """Weights of both tables' rows as tensors."""
    import torch

    tensors: list[torch.Tensor | None] = []
    for given, table in zip(weights, ("numerator", "denominator"), strict=True):
        values = None if given is None else numbers_of(given, f"{table}: weights").values
        if values is not None and values.shape[1] != 1:
            raise MatchZooError(f"{table}: weights: expected one of each row, [n], got {list(values.shape)}")
        tensors.append(None if values is None else torch.as_tensor(values[:, 0]))
    return tensors


def _scale(numerator: "Samples", denominator: "Samples") -> "tuple[torch.Tensor, torch.Tensor]":
    """Mean and standard deviation [d] of both tables' rows, by their weights; 1 of a constant column."""
    import torch

    from matchzoo.ratios.solving.weighting import mean, pooled_shares, with_shares

    p, q = with_shares(numerator, "numerator")[0], with_shares(denominator, "denominator")[0]
    shares = pooled_shares(p, q)
    pooled = torch.cat([p.values, q.values])
    center = mean(pooled, shares)
    spread = pooled.std(0, correction=0) if shares is None else mean((pooled - center).square(), shares).sqrt()
    spread[torch.from_numpy(constant(pooled.numpy()))] = 1.0
    return center, spread


def standardized(numerator: Any, denominator: Any, weights: Weights = (None, None)) -> "list[torch.Tensor]":
    """Rows [n, d] and [m, d] of two tables, every column with pooled mean 0 and standard deviation 1, if not constant.

    Args:
        numerator: rows of p, as `estimate` takes them.
        denominator: rows of q.
        weights: of their rows, as `estimate` takes them.
    """
    import torch

    from matchzoo.core.samples import Samples

    tables = [torch.as_tensor(table.values) for table in two_tables(numerator, denominator)]
    p, q = (Samples(rows, weights=w) for rows, w in zip(tables, _weights(weights), strict=True))
    center, spread = _scale(p, q)
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
    u, v = (None if shares is None else shares.numpy() for shares in ratio.shares)
    a = ratio.relative
    points, weights = denominator, _carried((1 - a) * ratio.denominator.numpy(), v)
    if a:
        points = np.concatenate([denominator, numerator])
        weights = np.concatenate([weights, _carried(a * ratio.numerator.numpy(), u)])
    center = np.average(numerator, 0, u)
    counted = numerator if u is None else numerator[u > 0]
    deviations = numerator.std(0) if u is None else np.average((numerator - center) ** 2, 0, u) ** 0.5
    spread = np.where(constant(counted), 1.0, deviations)
    before = (np.average(denominator, 0, v) - center) / spread
    after = (weights @ points / max(weights.sum(), np.finfo(float).tiny) - center) / spread
    return list(zip(before.tolist(), after.tolist(), strict=True))


def _carried(ratio: np.ndarray, shares: np.ndarray | None) -> np.ndarray:
    """What rows carry of a mean [m]: values of a ratio, each times its row's share; rows of a share of 0 nothing."""
    return ratio / len(ratio) if shares is None else np.where(shares > 0, shares * ratio, 0)


@np.errstate(invalid="ignore", over="ignore")
def held_out(
    numerator: Any,
    denominator: Any,
    method: "str | RatioEstimator" = "ulsif",
    standardize: bool = True,
    seed: int = 0,
    chosen: Mapping[str, float] | None = None,
    weights: Weights = (None, None),
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
        weights: of the rows, as `estimate` takes them; means and pairs count by those of the rows left out.
    """
    import torch

    estimator = estimator_of(method) if isinstance(method, str) else method
    if chosen is None:
        whole = estimate(numerator, denominator, estimator, standardize=standardize, seed=seed, weights=weights)
        chosen = whole.chosen
    if standardize:
        tables = [rows.numpy() for rows in standardized(numerator, denominator, weights)]
    else:
        tables = [table.values for table in two_tables(numerator, denominator)]

    rng = np.random.default_rng(seed)
    parts: list[tuple[Any, Any]] = []
    for rows, w in zip(tables, _weights(weights), strict=True):
        kept = np.arange(len(rows)) if w is None else np.flatnonzero(w.numpy() > 0)
        order = kept[rng.permutation(len(kept))]
        count = max(round(HELD_OUT * len(kept)), 1)
        for some in (order[count:], order[:count]):
            parts.append((rows[some], None if w is None else w.numpy()[some]))
    (fit_p, fit_u), (out_p, u), (fit_q, fit_v), (out_q, v) = parts
    fixed = estimator.with_chosen(chosen)
    ratio = estimate(fit_p, fit_q, fixed, standardize=False, seed=seed, weights=(fit_u, fit_v))
    at_p, at_q = (ratio.at(torch.as_tensor(rows)).numpy() for rows in (out_p, out_q))

    a = ratio.relative

    def mixture(of_p: np.ndarray, of_q: np.ndarray) -> float:
        return float(a * np.average(of_p, weights=u) + (1 - a) * np.average(of_q, weights=v))

    order = at_q.argsort()
    below = np.arange(len(at_q) + 1) if v is None else np.concatenate([[0], v[order].cumsum()])
    ranks = below[np.searchsorted(at_q[order], at_p, "left")] + below[np.searchsorted(at_q[order], at_p, "right")]
    return {
        "rows": [len(out_p), len(out_q)],
        "mean": mixture(at_p, at_q),
        "squared_error_less_that_of_1": mixture(at_p**2, at_q**2) - 2 * float(np.average(at_p, weights=u)) + 1,
        "auc": float(np.average(ranks, weights=u) / (2 * below[-1])),
    }
