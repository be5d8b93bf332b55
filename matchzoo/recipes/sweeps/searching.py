"""Settings that are suggested one after the other by what the ones before them came to, in place of a grid."""

import math
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from matchzoo.core.errors import MatchZooError
from matchzoo.core.step import Step
from matchzoo.evaluation.figures import HOW, may_choose
from matchzoo.recipes.comparison.seeds import SEED
from matchzoo.recipes.recipe import Recipe
from matchzoo.recipes.sweeps.axes import Point, check, grid, point_of
from matchzoo.recipes.sweeps.processes import do_all
from matchzoo.recipes.sweeps.result import SweepResult
from matchzoo.recipes.sweeps.running import Launch, run_points

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

NUMBER = r"([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)"
DECADE = 10.0
"""Ratio of the ends of a range of positive numbers from which on it is searched on a logarithmic scale."""
DIGITS = 4
"""Digits of a suggested number."""
STARTUP = 8
"""Trials at most that are drawn at random, before results count."""


@attrs.frozen
class Range:
    """Numbers between two others: ``1e-4..1e-1``. Whole ones between whole ones; on a logarithmic scale where they are
    positive and the high one is ten times the low one or more."""

    low: float
    high: float

    @property
    def logarithmic(self) -> bool:
        """Whether equal ratios are searched alike, and not equal differences."""
        return self.low > 0 and self.high / self.low >= DECADE

    @classmethod
    def of(cls, words: Any) -> "Range | None":
        """The range that words say; None where they say another value."""
        if isinstance(words, Range):
            return words
        parsed = re.fullmatch(rf"{NUMBER}\.\.{NUMBER}", words) if isinstance(words, str) else None
        if parsed is None:
            return None
        whole = all(re.fullmatch(r"[-+]?\d+", word) for word in parsed.groups())
        low, high = (int(word) if whole else float(word) for word in parsed.groups())
        if low >= high:
            raise MatchZooError(f"{words}: expected a range from low to high, as 1e-4..1e-1")
        return cls(low, high)


def search(
    recipe: Recipe,
    axes: Mapping[str, Sequence[Any]],
    output: Path,
    *,
    trials: int,
    jobs: int = 1,
    by: str | None = None,
    quiet: bool = False,
    name: str = "",
    declared: str = "",
    launch: Launch = do_all,
) -> SweepResult:
    """Run settings that Optuna suggests, each with all seeds, and judge a setting by its mean over seeds.

    A suggestion is a function of its number and of the results before it (a sampler of its own, tree-structured Parzen
    estimators), so a search that is stopped and started again goes on as it would have. With several processes as many
    settings are suggested at once as keep them busy, and do not know each other's results.

    Args:
        recipe: with a figure by which something may be chosen.
        axes: dotted paths; a `Range` or its words, ``["1e-4..1e-1"]``, is searched, and so are several values. One with
            a single value changes the recipe of all. The seeds of ``trainer.seed`` are run for every setting.
        output: folder of the search.
        trials: settings in all.
        jobs: processes side by side.
        by: figure that counts; the first one of validation if not given.
        quiet: show no progress.
        name: what results call the method.
        declared: the recipe's own name.
        launch: does jobs in other processes.

    Raises:
        MatchZooError: Optuna is not installed, nothing is to be searched or chosen by, or a field or value is not
            valid.

    Source: Akiba et al., Optuna: a next-generation hyperparameter optimization framework, KDD 2019; Bergstra et al.,
    Algorithms for hyper-parameter optimization, NeurIPS 2011.
    """
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise MatchZooError("search: needs Optuna; pip install 'matchzoo-torch[sweep]'") from None
    check(axes)
    if trials < 1:
        raise MatchZooError(f"search: expected at least 1 trial, got {trials}")
    if not any(may_choose(evaluation) for evaluation in recipe.evaluation):
        raise MatchZooError(f"search: nothing can be chosen by the test part; {HOW}; --validation 0.2 does both")

    seeds = list(axes.get(SEED, [recipe.trainer.seed]))
    searched = {path: _distribution(values) for path, values in axes.items() if path != SEED}
    varied = {path: distribution for path, distribution in searched.items() if distribution is not None}
    if not varied:
        raise MatchZooError("search: nothing varies; give a range (--field 1e-4..1e-1) or several values")
    fixed = {path: list(values) for path, values in axes.items() if path not in (*varied, SEED)}
    table, at_once = recipe.table(), max(1, math.ceil(jobs / len(seeds)))
    names = [*varied, *([SEED] if len(seeds) > 1 else [])]

    settings: list[dict[str, Any]] = []
    result: SweepResult | None = None
    while len(settings) < trials:
        known = len(settings)
        for _ in range(min(at_once, trials - known)):
            settings.append(_suggested(len(settings), varied, settings, result))
        planned: dict[str, Point] = {}
        for setting in settings:
            chosen = {**{path: [value] for path, value in setting.items()}, **fixed, SEED: seeds}
            for values in grid(chosen):
                point = point_of(table, values, names)
                planned.setdefault(point.name, point)
        about: dict[str, Any] = {"name": name, "declared": declared, "launch": launch}
        result = run_points(list(planned.values()), output, jobs=jobs, by=by, quiet=quiet, **about)
    assert result is not None
    return result


def _distribution(values: Sequence[Any]) -> "BaseDistribution | None":
    """What is searched of a field; None where it has a single value."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    span = Range.of(values[0]) if len(values) == 1 else None
    if span is None:
        return CategoricalDistribution(tuple(values)) if len(values) > 1 else None
    if isinstance(span.low, int) and isinstance(span.high, int):
        return IntDistribution(span.low, span.high, log=span.logarithmic)
    return FloatDistribution(span.low, span.high, log=span.logarithmic)


def _suggested(
    number: int,
    varied: "Mapping[str, BaseDistribution]",
    settings: Sequence[Mapping[str, Any]],
    result: SweepResult | None,
) -> dict[str, Any]:
    """The setting of a trial, by the settings before it, of which those in the result have ended."""
    import optuna

    figure = None if result is None else result.chosen_by
    summaries = {}
    if result is not None and figure is not None:
        by_values = {_key(setting.values, varied): setting.summary(figure) for setting in result.settings}
        summaries = {key: summary[0] for key, summary in by_values.items() if summary is not None}
    distributions = dict(varied)
    seed = int(Step(number, 0).rng("search").initial_seed() % 2**32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what Optuna calls experimental
        verbosity = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP, constant_liar=True)
        maximize = figure is None or figure.larger_is_better
        study = optuna.create_study(direction="maximize" if maximize else "minimize", sampler=sampler)
        for setting in settings:
            value = summaries.get(_key(setting, varied))
            state = optuna.trial.TrialState.RUNNING if value is None else optuna.trial.TrialState.COMPLETE
            study.add_trial(
                optuna.trial.create_trial(params=dict(setting), distributions=distributions, value=value, state=state)
            )
        suggested = study.ask(distributions).params
        optuna.logging.set_verbosity(verbosity)
    return {path: _rounded(value, varied[path]) for path, value in suggested.items()}


def _key(values: Mapping[str, Any], varied: "Mapping[str, BaseDistribution]") -> str:
    """Values of a setting, however they were written."""
    from matchzoo.core.declaration.overrides import in_words

    def plain(value: Any) -> str:
        words = in_words(value)
        try:
            return repr(float(words))
        except ValueError:
            return words

    return " ".join(plain(values.get(path)) for path in varied)


def _rounded(value: Any, distribution: "BaseDistribution") -> Any:
    """A suggested number with few digits, within its range."""
    if not isinstance(value, float):
        return value
    low, high = distribution.low, distribution.high  # type: ignore[attr-defined]
    return min(max(float(f"{value:.{DIGITS}g}"), low), high)
