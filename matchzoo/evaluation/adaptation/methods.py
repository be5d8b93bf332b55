"""Methods of shallow adaptation by their names: alignments of features, weights of samples, labels of the target."""

from typing import Any

import attrs

from matchzoo.core.declaration.declare import FAMILIES
from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError, did_you_mean
from matchzoo.evaluation.adaptation.label_propagation import LabelPropagation
from matchzoo.projectors import Alignment, Projector
from matchzoo.ratios import RatioEstimator
from matchzoo.ratios.of_tables import declared

Method = Alignment | RatioEstimator | LabelPropagation | None
"""An alignment gives both sets features in which they are alike; a ratio estimator gives weights to the source's
rows; label propagation labels the target; None leaves everything as it is."""
SHORT = {
    "coral": "recoloring",
    "means": "location-scale",
    "reweight": "ulsif",
}
"""Other names of kinds."""
NONE, PROPAGATION = "none", "label-propagation"
OF_WEIGHTS = {"kernel-mean-matching": {"constraint": "non-negative"}}
"""Fields of estimators whose ratios are weights of a fit, where nothing else is said: what is only clipped at 0 keeps
positive weights that had cancelled."""


def method_of(method: str, width: int) -> Method:
    """A method by its kind or TOML table: an alignment, a ratio estimator for weights, `LabelPropagation`
    for ``label-propagation``, or nothing for ``none``.

    ``coral`` is the alignment ``recoloring``, ``means`` is ``location-scale``, ``reweight`` is the estimator ``ulsif``.
    An alignment whose ``features`` are not said has half as many as inputs; ``kernel-mean-matching`` is constrained to
    weights that are not negative, and has a ridge that is chosen by cross-validation.

    Args:
        method: such as ``linear-transport`` or ``{ kind = "transfer-components", features = 3, penalty = 10.0 }``.
        width: how many inputs there are.
    """
    table = declared(method)
    kind = SHORT.get(str(table.get("kind")), str(table.get("kind")))
    if kind == NONE:
        return None

    projectors, estimators = FAMILIES[Projector], FAMILIES[RatioEstimator]
    alignments = {name for name in projectors.names() if issubclass(projectors[name], Alignment)}
    known = [*sorted(alignments), *estimators.names(), *SHORT, PROPAGATION, NONE]
    if kind not in known:
        raise MatchZooError(f"--method: unknown kind '{kind}'{did_you_mean(kind, known)}; known: {', '.join(known)}")
    if kind in alignments and "features" in (field.name for field in attrs.fields(projectors[kind])):
        table = {"features": max(width // 2, 1), **table}
    table = {**OF_WEIGHTS.get(kind, {}), **table}
    expected: Any = Projector if kind in alignments else RatioEstimator
    table = {**table, "kind": kind}
    if kind == PROPAGATION:
        expected, table = LabelPropagation, {key: value for key, value in table.items() if key != "kind"}
    try:
        chosen: Method = structure(table, expected)
    except DeclarationError as error:
        raise error.under("--method") from None
    return chosen
