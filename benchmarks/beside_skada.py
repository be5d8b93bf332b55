"""Methods of shallow adaptation beside skada's: what agrees, and what differs.

    pip install "skada>=0.6" && python benchmarks/beside_skada.py       (a CPU minute)

Digits rotated by 20 degrees as in `shallow_adaptation.py`, three splits, the same constants on both sides (kernels have
skada's bandwidth, gamma = 1/64), logistic regression of penalty 1/n; and weights of Shimodaira's covariate shift, 20
draws. Results are in ``results/beside-skada.json``.
"""

import statistics
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import skada
import torch
from seeds import mean_and_error
from shallow_adaptation import Sets, accuracy
from sklearn.linear_model import LogisticRegression

from matchzoo.core.storage import files
from matchzoo.evaluation.adaptation import adapt
from matchzoo.models.transport import Exact
from matchzoo.projectors import (
    LinearTransport,
    Recoloring,
    SubspaceAlignment,
    TransferComponents,
    TransferJointMatching,
    TransportMap,
)
from matchzoo.ratios import KLIEP, Classifier, KernelMeanMatching

STORE = Path(__file__).parent / "results/beside-skada.json"
SEEDS, DRAWS = range(3), range(20)
BANDWIDTH = 32**0.5
ALIGNMENTS: dict[str, tuple[Any, Any]] = {
    "none": (None, None),
    "CORAL, ridge 1e-3": (Recoloring(ridge=1e-3), lambda: skada.CORALAdapter(reg=1e-3)),
    "linear transport, ridge 1e-3": (LinearTransport(ridge=1e-3), lambda: skada.LinearOTMappingAdapter(reg=1e-3)),
    "transport, exact": (TransportMap(solver=Exact()), skada.OTMappingAdapter),
    "subspace alignment, 30": (SubspaceAlignment(features=30), lambda: skada.SubspaceAlignmentAdapter(n_components=30)),
    "transfer components, 30, penalty 0.1": (
        TransferComponents(features=30, penalty=0.1, bandwidth=BANDWIDTH),
        lambda: skada.TransferComponentAnalysisAdapter(n_components=30, mu=0.1),
    ),
    "transfer components, 30, penalty 1000": (
        TransferComponents(features=30, penalty=1000.0, bandwidth=BANDWIDTH),
        lambda: skada.TransferComponentAnalysisAdapter(n_components=30, mu=1000.0),
    ),
    "transfer joint matching, 30, penalty 0.01": (
        TransferJointMatching(features=30, penalty=0.01, bandwidth=BANDWIDTH),
        lambda: skada.TransferJointMatchingAdapter(n_components=30, tradeoff=0.01),
    ),
    "transfer joint matching, a single iteration": (
        TransferJointMatching(features=30, penalty=0.01, bandwidth=BANDWIDTH, iterations=1),
        lambda: skada.TransferJointMatchingAdapter(n_components=30, tradeoff=0.01),
    ),
}
WEIGHTS: dict[str, tuple[Any, Any]] = {
    "KLIEP, bandwidth 0.5": (KLIEP(bandwidths=(0.5,)), lambda: skada.KLIEPReweightAdapter(gamma=2.0, random_state=0)),
    "kernel mean matching, bandwidth 0.5": (
        KernelMeanMatching(bandwidths=(0.5,), constraint="non-negative", ridge="cross-validation"),
        lambda: skada.KMMReweightAdapter(gamma=2.0),
    ),
    "logistic regression, linear": (Classifier(features="linear"), skada.DiscriminatorReweightAdapter),
}


def classified(name: str, seed: int) -> dict[str, float]:
    """Accuracy of both at the target's test part, and the share of equal predictions there."""
    sets, (ours, theirs) = Sets("rotation by 20°", seed), ALIGNMENTS[name]
    adapted = adapt(*sets.train, sets.target[0], ours, standardize=False, classes=10).scores(sets.test[0])
    rows = torch.cat([sets.train[0], sets.target[0]]).numpy()
    labels = np.r_[sets.train[1], np.full(len(sets.target[0]), -1)]
    domain = np.r_[np.ones(len(sets.train[0])), np.full(len(sets.target[0]), -2.0)]
    base = LogisticRegression(C=1.0, max_iter=5000, tol=1e-8)
    if theirs is None:
        predicted = base.fit(*(part.numpy() for part in sets.train)).predict(sets.test[0].numpy())
    else:
        pipeline = skada.make_da_pipeline(theirs(), base).fit(rows, labels, sample_domain=domain)
        predicted = pipeline.predict(sets.test[0].numpy(), sample_domain=np.full(len(sets.test[0]), -2))
    other = torch.from_numpy(predicted.astype(np.int64))
    return {
        "ours": accuracy(adapted, sets.test[1]),
        "skada": (other == sets.test[1]).double().mean().item(),
        "equal": (other == adapted.argmax(1)).double().mean().item(),
    }


def weighted(name: str, draw: int) -> dict[str, float]:
    """Correlation of both's weights with the true ratio, and of each other."""
    rng = np.random.default_rng(draw)
    x, target = rng.normal(1, 0.5, (200, 1)), rng.normal(2, 0.25, (200, 1))
    truth = np.exp((x - 1) ** 2 / 0.5 - (x - 2) ** 2 / 0.125)[:, 0]
    ours, theirs = WEIGHTS[name]
    own = ours.fit(torch.from_numpy(target), torch.from_numpy(x)).denominator.numpy()
    adapter = theirs()
    domain = np.r_[np.ones(200), np.full(200, -2.0)]
    labels = np.r_[np.zeros(200), np.full(200, -1)]
    result = adapter.fit_transform(np.r_[x, target], labels, sample_domain=domain)
    other = np.asarray(result[1]["sample_weight"])[:200]
    rows = np.stack([own, other, truth])
    alike = np.corrcoef(rows)
    return {"ours": alike[0, 2], "skada": alike[1, 2], "equal": alike[0, 1]}


def main() -> None:
    warnings.simplefilter("ignore")
    stored = {name: [classified(name, seed) for seed in SEEDS] for name in ALIGNMENTS}
    stored |= {name: [weighted(name, draw) for draw in DRAWS] for name in WEIGHTS}
    files.write_json(STORE, {"skada": skada.__version__, "records": stored})
    print("| method | here % | skada % | equal predictions % |\n| --- | --- | --- | --- |")
    for name in ALIGNMENTS:
        columns = [[100 * record[part] for record in stored[name]] for part in ("ours", "skada", "equal")]
        cells = [mean_and_error(c) for c in columns]
        print(f"| {name} | {' | '.join(cells)} |")
    print("\n| weights | here: correlation with the truth | skada's | of both |\n| --- | --- | --- | --- |")
    for name in WEIGHTS:
        cells = [
            f"{statistics.mean(record[part] for record in stored[name]):.3f}" for part in ("ours", "skada", "equal")
        ]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
