"""A declared member of every family."""

import matchzoo.recipes.recipe  # registers every family  # noqa: F401
from matchzoo.core.declaration.declare import FAMILIES

POINTS = {
    "data": {"kind": "ring", "points": 50, "test_points": 5},
    "generator": {"kind": "noise", "dimension": 3, "network": "mlp"},
}
IMAGES = {"data": {"kind": "digits", "size": 8}, "generator": {"kind": "pyramid", "start": 2}}
MMD = {"kind": "mmd", "bandwidths": [0.5, 1.0]}
RATIO = {"kind": "ratio", "estimator": {"kind": "kernel-mean-matching", "bandwidths": [1.0], "ridge": 0.1}}
HEAD = {"kind": "statistic", "statistic": {"kind": "head-gradient", "std": 0.1}, "distance": "cosine"}
LEARNED = {"kind": "learned", "features": 4, "network": {"kind": "mlp", "widths": [8], "activation": "tanh"}}
AUTO = {"kind": "auto-encoder", "features": 2, "encoder": "mlp", "decoder": "mlp", "bound": 0.5}
NETWORK = {
    **IMAGES,
    "projectors": {"images": "identity", "network": {**LEARNED, "features": 10, "redraw_every": 1}},
}
HEADED = {
    **IMAGES,
    "projectors": {
        "encoder": LEARNED,
        "head": {"kind": "learned", "on": "encoder", "features": 10, "network": {"kind": "mlp", "widths": []}},
    },
}
ON_ENCODER = {"kind": "learned", "on": "encoder", "features": 4}
MAPPED = {
    **IMAGES,
    "projectors": {
        **HEADED["projectors"],
        "map": {**ON_ENCODER, "network": "affine"},
        "spread": {**ON_ENCODER, "network": "constant"},
    },
}
MOVES = {
    "reconstruction": ["projector"],
    "mixed-correlation": ["projector"],
    "early-learning": ["projector"],
    "progressive-target": ["projector"],
    "grounding": ["spread"],
    "consistency-gradient": ["encoder", "map"],
}
"""Parts that a term of a kind moves in the table below; the generator for others."""
SCORES = {"projector": {**LEARNED, "features": 10}}
PLAN = {"kind": "sinkhorn", "epsilon": 1.0, "tolerance": 1e-9}
MAP = {"kind": "map", "source": "ring", "network": "mlp"}
MOONS = {"kind": "two-moons", "points": 50, "test_points": 5}
DENOISER = {"kind": "denoiser", "network": "mlp", "noise": [0.1, 5.0]}
PROXIMAL = {"kind": "proximal", "network": {"kind": "icnn", "widths": [8]}, "noise": 0.5, "chain": 2}
LAPLACE = {"kind": "laplace", "points": 50, "test_points": 5}
FLOW = {"kind": "flow", "network": "mlp", "average": 0.9}
TWO = {"projectors": {"first": LEARNED, "second": "identity"}}
VIEWS = {"kind": "statistic", "statistic": "cross-correlation", "distance": "squared"}
CASES: dict[str, dict[str, tuple]] = {
    "data": {
        "ring": (POINTS["data"], {}),
        "ring-3d": ({"points": 50, "test_points": 5}, {}),
        "gaussian": ({"points": 50, "test_points": 5}, {}),
        "gaussians": ({"points": 50, "test_points": 5, "means": [[0.0, 1.0]], "std": 0.5}, POINTS),
        "digits": (IMAGES["data"], {}),
        "image-folder": ({"path": "FOLDER", "fit": "pad"}, {}),
        "table": ({"path": "FOLDER", "sampling": "balanced"}, {}),
        "imagenet": ({"path": "FOLDER", "subset": "100"}, {}),
        "torchvision": ({"dataset": "CelebA", "attribute": "Smiling"}, {}),
        "arrays": ({"path": "FILE.npz", "layout": "nchw"}, {}),
        "combined": (
            {"environments": {"a": IMAGES["data"]}, "others": {"b": IMAGES["data"]}, "unlabeled": ["b"]},
            IMAGES,
        ),
        "numbers": ({"path": "FILE.csv", "format": {"decimal": ",", "drop": ["id"]}}, {}),
        "noisy-labels": (
            {"source": IMAGES["data"], "rate": 0.3, "noise": "asymmetric", "confused": {"1": "7"}},
            IMAGES,
        ),
        "subset": ({"source": IMAGES["data"], "part": "test", "class_shares": [1.0] * 9 + [0.5]}, IMAGES),
        "colored": ({"source": {**IMAGES["data"], "channels": 1}, "copies": 1, "sampling": "distinct"}, POINTS),
        "predicted": ({"source": "ring", "models": ["FOLDER"], "groups": "agreement", "wrong_times": 3}, {}),
        "shifted": ({"source": POINTS["data"], "shifts": [{"kind": "rotated", "degrees": 35}, "noisy"]}, POINTS),
        "shifted-environments": (
            {"source": POINTS["data"], "environments": {"a": [], "b": ["contrast"], "c": ["noisy"]}, "others": ["c"]},
            POINTS,
        ),
        "two-moons": ({"points": 50, "test_points": 5}, POINTS),
        "gaussian-classes": (
            {"points": 50, "test_points": 5, "means": [[0.0, 1.0], [2.0, 0.0]], "shares": [0.75, 0.25]},
            POINTS,
        ),
        "laplace": ({"points": 50, "test_points": 5, "dimension": 2, "scale": 0.5}, POINTS),
        "sinc": ({"points": 50, "test_points": 5}, POINTS),
        "hub": ({"repo": "owner/name@v1", "train_files": ["a/*.parquet"], "class_names": ["a", "b"]}, {}),
    },
    "shift": {
        "rotated": ({"degrees": 25}, {}),
        "contrast": ("contrast", {}),
        "noisy": ("noisy", {}),
        "background": ({"strength": 0.5, "pictures": "FOLDER"}, {}),
        "blurred": ("blurred", {}),
        "thick": ({"pixels": -1}, {}),
        "inverted": ("inverted", {}),
        "salt": ("salt", IMAGES),
        "translated": ({"pixels": 1}, IMAGES),
        "viewed": ({"views": {"flip": 0.5, "crop": {"scale": [0.5, 1.0]}}}, {}),
        "affine": ({"matrix": [[1.0, 0.5], [0.0, 1.0]], "offset": [1.0, 0.0]}, {}),
    },
    "generator": {
        "noise": ({**POINTS["generator"], "distribution": "uniform"}, {}),
        "pyramid": ({"kind": "pyramid", "start": 8, "images_per_class": 2}, IMAGES),
        "pixels": ({"kind": "pixels"}, IMAGES),
        "selection": ({"method": "herding", "images_per_class": 3}, IMAGES),
        "map": (MAP, POINTS),
        "decoded": ({"generator": {**FLOW, "codec": "codes"}, "codec": AUTO}, {}),
        "denoiser": ({**DENOISER, "blind": True, "predicts": "noise", "average": 0.9}, POINTS),
        "proximal": (PROXIMAL, POINTS),
        "flow": ({**FLOW, "conditional": True, "guidance": 1.5}, {**POINTS, "data": MOONS}),
    },
    "selector": {
        "frechet-search": ({"clusters": 3, "budget": 5, "target": "test"}, IMAGES),
        "all": ("all", IMAGES),
        "centroid": ("centroid", IMAGES),
        "herding": ("herding", IMAGES),
        "k-center": ("k-center", IMAGES),
        "k-means": ("k-means", IMAGES),
        "k-medoids": ("k-medoids", IMAGES),
        "nearest": ({"kind": "nearest", "to": {"kind": "arrays", "path": "a.safetensors", "test_share": 0.0}}, IMAGES),
        "random": ("random", IMAGES),
    },
    "projector": {
        "identity": ("identity", {}),
        "learned": (LEARNED, {}),
        "auto-encoder": (AUTO, {}),
        "backbone": ({"card": "TINY"}, IMAGES),
        "stack": ({"layers": [{**LEARNED, "features": 5}, LEARNED]}, {}),
        "average": ({"of": "first", "decay": 0.5}, {**POINTS, **TWO}),
        "outer-product": ({"on": "encoder", "head": "head"}, HEADED),
        "softmax": ({"on": "head", "temperature": 2.0}, HEADED),
        "standardized": ("standardized", IMAGES),
        "tied": ({"of": "head", "on": "encoder"}, HEADED),
        "mix-style": ({"on": "encoder", "channels": 2}, HEADED),
        "recoloring": ({"target": "test", "ridge": 0.5}, {}),
        "linear-transport": ({"target": "test", "ridge": 0.5}, {}),
        "location-scale": ({"target": "test", "scale": True}, {}),
        "principal-components": ({"target": "test", "features": 2}, {}),
        "subspace-alignment": ({"target": "test", "features": 2, "of": "target"}, {}),
        "transfer-components": ({"target": "test", "features": 2, "rows": 50}, {}),
        "transfer-joint-matching": ({"target": "test", "features": 2, "rows": 50, "iterations": 3}, {}),
        "mmd-location-scale": ({"target": "test", "bandwidths": [1.0, "median"], "rows": 50, "iterations": 5}, {}),
        "transport": ({"target": "test", "solver": PLAN, "rows": 50}, {}),
        "model": ({"path": "FOLDER", "part": "encoder"}, IMAGES),
    },
    "network": {
        "mlp": ({"kind": "mlp", "widths": [4], "norm": "batch", "output": "sigmoid"}, {}),
        "dcgan": ({"kind": "dcgan", "channels": [4, 6], "std": 0.2}, {**POINTS, "data": IMAGES["data"]}),
        "convnet": ({"kind": "convnet", "width": 4, "depth": 2, "norm": "batch"}, {**POINTS, "data": IMAGES["data"]}),
        "affine": ({"kind": "affine", "layers": 2}, {**POINTS, "generator": {**POINTS["generator"], "dimension": 2}}),
        "constant": ({"kind": "constant", "start": 0.5}, POINTS),
        "cosine": ({"kind": "cosine", "temperature": 0.5}, POINTS),
        "unet": ({"kind": "unet", "widths": [8, 16]}, IMAGES),
        "icnn": ({"kind": "icnn", "widths": [4], "beta": 5.0, "strong_convexity": 0.1}, {}),
        "supernet": (
            {"kind": "supernet", "widths": [4, 6], "operations": [["skip", "conv-3"], ["max-3", "conv-5"]]},
            {**POINTS, "data": IMAGES["data"]},
        ),
        "architecture": ({"name": "timm:test_resnet"}, {**POINTS, "data": IMAGES["data"]}),
        "resnet": ({"kind": "resnet", "norm": "batch"}, {**POINTS, "data": {"kind": "digits", "size": 16}}),
    },
    "matcher": {
        "mmd": ({**MMD, "estimator": "unbiased", "root": True}, {}),
        "ratio": ({**RATIO, "regularizer": "mean"}, {}),
        "statistic": (HEAD, IMAGES),
        "gan": ({"side": "generator", "loss": "least-squares"}, {**POINTS, "projector": {**LEARNED, "features": 1}}),
        "induced-probe": ({"ridge": 0.1, "temperature": 0.5, "rows": 100, "reference": "cache"}, IMAGES),
        "classification": ({"sets": ["synthetic"]}, {**IMAGES, "projector": {**LEARNED, "features": 10}}),
        "consistency": ({"through": "map", "sets": ["real", "synthetic"], "space": "encoder"}, MAPPED),
        "consistency-gradient": (
            {"through": "map", "head": "head", "parts": ["encoder"], "sets": ["real", "synthetic"], "space": "encoder"},
            MAPPED,
        ),
        "grounding": ({"sets": ["synthetic"], "space": ["encoder", "map", "spread"]}, MAPPED),
        "field-distance": ("field-distance", {**POINTS, "generator": FLOW}),
        "flow-matching": ({"coupling": PLAN, "drop_labels": 0.2}, {**POINTS, "generator": FLOW}),
        "denoising": (
            {"kernel": {"kind": "squared", "power": 2.0}, "noise": [0.1, 1.0], "fixed": True},
            {**POINTS, "generator": FLOW},
        ),
        "per-image": ({"matcher": HEAD, "reference": "cache", "means": True}, IMAGES),
        "per-group": ({"matcher": MMD, "merge": [0, 1, 1, 1, 1, 1, 1, 1, 1, 1]}, IMAGES),
        "info-nce": (
            {"sets": ["real", "synthetic"], "queue": 20, "negatives": "both"},
            {**POINTS, "projector": LEARNED},
        ),
        "subspace-adaptation": (
            {"targets": ["test"], "references": 3},
            {**POINTS, "generator": MAP, "projector": LEARNED},
        ),
        "one-sided": ("one-sided", {**POINTS, "projector": LEARNED}),
        "reconstruction": ("reconstruction", {**POINTS, "projector": AUTO}),
        "invariant-risk": ({"sets": ["synthetic"]}, {**IMAGES, "projector": {**LEARNED, "features": 10}}),
        "total-variation": ({"beta": 1.5}, IMAGES),
        "entropy": ({"sets": ["synthetic"]}, {**IMAGES, **SCORES}),
        "distillation": ({"sets": ["real", "synthetic"], "temperature": 2.0}, {**IMAGES, **SCORES}),
        "logit-adjustment": (
            {"sets": ["synthetic"], "threshold": 0.1, "margin": 1.0},
            {**IMAGES, **SCORES},
        ),
        "early-learning": ({"decay": 0.5}, {**IMAGES, **SCORES}),
        "progressive-target": ({"share": 1e-3}, {**IMAGES, **SCORES}),
        "mutual-information": ({"sets": ["synthetic"]}, {**IMAGES, **SCORES}),
        "graph-matching": ({"neighbors": 3, "sets": ["source", "synthetic"]}, {**POINTS, "generator": MAP}),
        "paired": ({"distance": "squared"}, {**POINTS, "generator": MAP}),
        "mixed-correlation": ({"scaled": False, "sets": ["real", "real'", "test"]}, {**POINTS, "projector": LEARNED}),
        "transport-cost": ({"solver": PLAN, "cost": "euclidean"}, {}),
        "sinkhorn-divergence": ({"epsilon": "0.1*mean", "iterations": 100}, {}),
        "sliced-wasserstein": ({"projections": 5, "power": 1.0}, {}),
        "gromov-wasserstein": ({"cost": "euclidean", "iterations": 5}, {}),
        "monge-gap": ({"solver": PLAN}, {**POINTS, "generator": MAP}),
    },
    "statistic": {
        "head-gradient": (HEAD["statistic"], IMAGES),
        "class-means": ({"of": "others"}, IMAGES),
        "statistical-flow": ("statistical-flow", IMAGES),
        "network-gradient": ({"network": "network"}, NETWORK),
        "per-class": ({"statistic": HEAD["statistic"]}, IMAGES),
        "label-marginal": ("label-marginal", {**IMAGES, **SCORES}),
        "risk": ("risk", {**IMAGES, **SCORES}),
        "linear-head": ({"head": "head", "quantity": "hessian-diagonal"}, HEADED),
        "prototypes": ({"head": "head", "decay": 0.5}, HEADED),
        "past-subspace": ({"statistic": {"kind": "linear-head", "head": "head"}, "rows": 5}, HEADED),
        "moments": ("moments", {**POINTS, "projector": LEARNED}),
        "cross-correlation": ({"eps": 0.1}, {**POINTS, "projector": LEARNED}),
        "covariance": ("covariance", {**POINTS, "projector": LEARNED}),
        "standard-deviations": ({"eps": 0.01}, {**POINTS, "projector": LEARNED}),
        "gram": ({"of": "tokens", "channels": 2}, {**POINTS, "projector": LEARNED}),
    },
    "distance": {
        "cosine": ("cosine", IMAGES),
        "row-cosine": ("row-cosine", IMAGES),
        "squared": ("squared", IMAGES),
        "absolute": ("absolute", IMAGES),
        "inner-product": ("inner-product", IMAGES),
        "kl": ("kl", IMAGES),
        "hinge": ("hinge", IMAGES),
    },
    "reduction": {
        "to-reference": ("to-reference", IMAGES),
        "to-mean": ("to-mean", IMAGES),
        "pairwise": ("pairwise", IMAGES),
        "to-constant": ({"constant": "zero"}, {**POINTS, "projector": LEARNED}),
    },
    "schedule": {
        "ramp": ({"last": 10}, {}),
        "step": ({"before": 0.1, "after": 1.0, "step": 5, "reset": True}, {}),
        "cosine": ({"start": 0.1, "steps": 10, "warm_up": 2}, {}),
        "logistic": ({"steps": 10, "value": 0.5}, {}),
        "piecewise": ({"values": [0.1, 0.01], "steps": [3]}, {}),
        "warm-up": ({"value": 0.1, "steps": 3}, {}),
    },
    "reference": {
        "online": ("online", {}),
        "cache": ({"kind": "cache", "copies": 2}, IMAGES),
        "class-means": ("class-means", IMAGES),
    },
    "ratio estimator": {
        "kernel-mean-matching": (RATIO["estimator"], {}),
        "ulsif": ({"kind": "ulsif", "bandwidths": [1.0, "median"], "ridges": [0.1], "centers": 10}, {}),
        "rulsif": ({"kind": "rulsif", "bandwidths": [1.0], "relative": 0.5}, {}),
        "kliep": ({"kind": "kliep", "bandwidths": [2.0], "centers": 10}, {}),
        "classifier": ({"kind": "classifier", "features": "quadratic", "ridges": [0.1]}, {}),
        "gaussian": ({"kind": "gaussian", "covariance": "shared"}, {}),
        "kernel-density": (
            {"kind": "kernel-density", "numerator_bandwidths": [1.0], "denominator_bandwidths": ["median"]},
            {},
        ),
        "nearest-neighbor": ({"kind": "nearest-neighbor", "neighbors": [3]}, {}),
    },
    "path": {
        "straight": ({"rest": 0.1}, POINTS),
        "variance-preserving": ("variance-preserving", POINTS),
        "variance-exploding": ({"largest": 5.0}, POINTS),
    },
    "ode solver": {
        "euler": ({"steps": 3}, POINTS),
        "midpoint": ({"steps": 3}, POINTS),
        "heun": ({"steps": 3}, POINTS),
        "rk4": ({"steps": 3}, POINTS),
        "adaptive": ({"rtol": 1e-3}, POINTS),
    },
    "sampler": {
        "annealed-langevin": ({"levels": 3, "steps": 2}, POINTS),
        "coarse-to-fine": ({"step": 0.1, "most": 3}, POINTS),
        "probability-flow": ({"solver": {"kind": "euler", "steps": 3}}, POINTS),
        "reverse-diffusion": ({"steps": 3, "process": "variance-preserving"}, POINTS),
    },
    "error kernel": {
        "squared": ({"kind": "squared", "power": 4.0}, {**POINTS, "generator": FLOW}),
        "absolute": ("absolute", {**POINTS, "generator": FLOW}),
        "proximal": (
            {"kind": "proximal", "gamma": {"kind": "ramp", "start": 2.0, "last": 5}},
            {**POINTS, "generator": FLOW},
        ),
    },
    "plan solver": {
        "exact": ("exact", {}),
        "sinkhorn": (PLAN, {}),
        "unbalanced": ({"kind": "unbalanced", "epsilon": 1.0, "strength": 5.0, "tolerance": 1e-9}, {}),
        "sparse": ({"kind": "sparse", "nonzeros": 3, "strength": 0.5, "tolerance": 2.0}, {}),
    },
    "kernel": {
        "gaussian": ({"kind": "gaussian", "bandwidths": [1.0, "0.5*median"]}, {}),
        "rational-quadratic": ({"kind": "rational-quadratic", "alphas": [0.5], "bandwidth": "median"}, {}),
        "laplacian": ({"kind": "laplacian", "bandwidths": [1.0, "median"]}, {}),
        "energy": ({"kind": "energy", "exponent": 1.5}, {}),
        "linear": ("linear", {}),
        "polynomial": ({"kind": "polynomial", "degree": 2, "factor": 0.5}, {}),
    },
    "optimizer": {
        "adam": ({"kind": "adam", "lr": 1e-3}, {}),
        "lookahead": ({"kind": "lookahead", "of": {"kind": "sgd", "lr": 1e-3, "momentum": 0.5}, "steps": 2}, {}),
        "rmsprop": ({"kind": "rmsprop", "lr": 1e-3}, {}),
        "sgd": ({"kind": "sgd", "lr": 1e-3, "momentum": 0.9}, {}),
    },
    "set": {
        "views": (
            {"of": "real", "views": {"flip": 0.5, "crop": {"scale": [0.5, 1.0]}}},
            {**IMAGES, "projector": {**LEARNED, "features": 10}},
        ),
        "adversarial": (
            {"of": "real", "by": {"kind": "classification"}, "length": 0.5, "radius": 0.1},
            {**IMAGES, "projector": {**LEARNED, "features": 10}},
        ),
        "rewarded": ({"reward": {"kind": "linear", "direction": [1.0, 0.0]}}, {**POINTS, "generator": FLOW}),
        "mixture": ({"others": "real'"}, {**IMAGES, "projector": {**LEARNED, "features": 10}}),
    },
    "reward": {
        "linear": ({"kind": "linear", "direction": [1.0, 0.0]}, POINTS),
        "class-probability": ({"label": 1}, POINTS),
    },
    "protocol": {
        "converged": ({"penalties": [1.0, 0.1]}, {}),
        "paper": ({"epochs": 20, "pool": 5}, {}),
        "ridge": ("ridge", {}),
        "k-nn": ({"neighbors": [1, 3]}, {}),
        "nearest-centroid": ("nearest-centroid", {}),
    },
    "evaluation": {
        "linear-probe": ({"views": 2, "seeds": 1, "protocol": "paper"}, {}),
        "from-scratch": ({"network": {"kind": "mlp", "widths": [8]}, "epochs": 3}, {}),
        "map-error": ({"samples": 100, "paired": 50}, {}),
        "mode-coverage": ("mode-coverage", {}),
        "retrieval": (
            {"source": POINTS["data"], "target": {"kind": "gaussian", "points": 50, "test_points": 5}},
            {**POINTS, "generator": MAP},
        ),
        "rank-one": ({"space": "head", "queries": "test", "gallery": "target", "draws": 2}, {}),
        "prox-error": ({"points": 5}, {**POINTS, "data": LAPLACE, "generator": PROXIMAL}),
        "restoration": ({"samples": 3}, {**IMAGES, "generator": PROXIMAL}),
        "flow-steps": ({"steps": [1, 2], "samples": 5}, {**POINTS, "generator": FLOW}),
        "score-error": ({"noise": [0.1, 0.5], "samples": 5}, {**POINTS, "generator": DENOISER}),
        "two-sample": ({"bandwidths": [1.0]}, {}),
        "feature-distances": ({"card": "TINY", "size": 32}, {}),
        "inception-score": ({"projector": LEARNED, "splits": 2}, {}),
        "few-labels": ({"labels": [20], "protocol": "ridge", "baselines": ["pixels"]}, {}),
        "accuracy": ({"split": "real", "space": "head"}, {}),
        "calibration": ({"bins": 10}, {}),
        "clustering": ({"split": "real", "labeled": "test"}, {}),
        "memorization": ({"space": "head"}, {}),
        "operation-similarity": ({"draws": 2, "over": "whole"}, {}),
        "adapted-accuracy": ({"weights": "ulsif", "scorers": ["entropy"], "baselines": ["means"]}, {}),
        "validation": ({"of": {"kind": "accuracy", "split": "test", "space": "head"}, "split": "target"}, {}),
        "unlabeled": ({"split": "target", "scorers": ["entropy", "dev"], "ratio": "ulsif"}, {}),
    },
    "weights": {
        "random": ({"kind": "random", "seed": 3}, {}),
        "file": ({"kind": "file", "path": "a.safetensors"}, {}),
        "package": ({"kind": "package", "package": "a", "file": "b", "sha256": "c"}, {}),
        "hub": ({"kind": "hub", "repo": "owner/name", "revision": "v1"}, {}),
        "torchvision": ({"kind": "torchvision", "name": "ResNet18_Weights.DEFAULT", "file": "a-0123abcd.pth"}, {}),
        "url": ({"kind": "url", "url": "https://example.org/a-0123abcd.pth"}, {}),
    },
}


def member(noun: str, kind: str, card: str) -> tuple[type, object, dict]:
    """The family, the member's table, and the sections it is tried in."""
    family = next(cls for cls, registry in FAMILIES.items() if registry.noun == noun)
    table, sections = CASES[noun][kind]
    if isinstance(table, dict):
        table = {"kind": kind, **{k: card if v == "TINY" else v for k, v in table.items()}}
    return family, table, sections


def kind_of(table: object) -> str:
    """The kind that a member's table says."""
    return table["kind"] if isinstance(table, dict) else str(table)


def recipe(noun: str, table: object, sections: dict) -> dict:
    """A recipe that uses a member, with sensible parts around it."""
    base = sections or POINTS
    term = dict(HEAD if base in (IMAGES, NETWORK) else MMD)
    moves, maximize = MOVES.get(kind_of(table), ["generator"]), False
    whole = {"projector": "identity", **base, "trainer": {"steps": 1, "precision": "float64", "device": "cpu"}}
    whole["trainer"]["batch"] = None if base["generator"] is IMAGES["generator"] else 16
    if base is NETWORK:  # in a space of its own, with a real side that is drawn anew
        del whole["projector"]
        term["space"] = "images"
    if noun in ("data", "generator", "projector") and kind_of(table) != "average":
        whole[noun] = table
    elif noun == "network" and table["kind"] in ("architecture", "convnet", "resnet", "supernet"):
        whole["projector"] = {**LEARNED, "network": table}
        term, moves, maximize = RATIO, ["projector"], True
    elif noun == "network" and table["kind"] == "unet":
        whole["generator"], term = {"kind": "flow", "network": table}, "flow-matching"
        whole["trainer"]["batch"] = 16
    elif noun == "network":
        whole["generator"] = {**base["generator"], "network": table}
    elif noun in ("path", "ode solver"):
        whole["generator"] = {**FLOW, "path" if noun == "path" else "solver": table}
        term = "flow-matching"
    elif noun == "sampler":
        whole["generator"] = {**DENOISER, "sampler": table}
    elif noun == "matcher":
        term = table
    elif noun == "error kernel":
        term = {"kind": "denoising", "noise": 0.3, "kernel": table}
    elif noun == "kernel":
        term = {"kind": "mmd", "kernel": table}
    elif noun == "plan solver":
        term = {"kind": "transport-cost", "solver": table}
    elif noun == "ratio estimator":
        term = {**RATIO, "estimator": table}
    elif noun in ("statistic", "distance", "reduction", "reference"):
        term[noun] = table
    if kind_of(table) in ("cross-correlation", "to-constant"):  # of two views of the same synthetic samples
        joint = {**VIEWS, "statistic": {"kind": "cross-correlation", "eps": 0.1}, "reduction": {"kind": "to-constant"}}
        term = {**joint, noun: table, "sets": ["real", "synthetic"]}
    elif kind_of(table) in ("risk", "label-marginal"):
        term = {**HEAD, "statistic": table, "distance": "squared"}
    elif kind_of(table) in ("linear-head", "past-subspace", "prototypes"):
        del whole["projector"]
        term = {**HEAD, "statistic": table, "distance": "squared", "space": "encoder"}
    elif kind_of(table) in ("moments", "covariance", "standard-deviations", "gram"):
        term = {**HEAD, "statistic": table, "distance": "squared"}
    elif noun == "statistic" and base is not NETWORK:
        term["reference"] = "cache"  # a batch may lack a class
    if base is MAPPED:
        del whole["projector"]
    if kind_of(table) in ("average", "outer-product", "softmax", "tied", "mix-style"):
        del whole["projector"]
        whole["projectors"]["third"] = table
        term = {**MMD, "space": "third"}
    if noun == "projector" and isinstance(table, dict) and table["kind"] in ("learned", "auto-encoder"):
        term, moves, maximize = RATIO, ["projector"], True
    if kind_of(table) == "flow-steps":
        term = "flow-matching"
    denoisers = ("denoiser", "score-error", "proximal", "prox-error", "restoration")
    if noun == "sampler" or (noun != "error kernel" and kind_of(table) in denoisers):
        term = "denoising"
    if kind_of(table) == "rewarded" or noun == "reward":
        rewarded = {"kind": "rewarded", "reward": table} if noun == "reward" else table
        whole["sets"], term = {"moved": rewarded}, {"kind": "flow-matching", "sets": ["moved"]}
        whole["generator"] = FLOW
    elif noun == "set":
        whole["sets"] = {"moved": table}
        term, moves = {"kind": "classification", "sets": ["moved"]}, ["projector"]
        if kind_of(table) == "mixture":
            term = {"kind": "mixed-correlation", "sets": ["real", "real'", "moved"]}
        whole["trainer"]["real_batch"] = 16
    if noun == "schedule":
        term["weight"] = table if kind_of(table) != "ramp" else {**table, "start": 1.0}
    player = {"moves": moves, ("maximize" if maximize else "minimize"): [term]}
    player["optimizer"] = table if noun == "optimizer" else {"kind": "sgd", "lr": 1e-3}
    whole["players"] = {"one": player}
    whole["trainer"] = {k: v for k, v in whole["trainer"].items() if v is not None}
    return whole
