"""Tables of tiny recipes."""

RING = {
    "data": {"kind": "ring", "points": 500, "test_points": 200},
    "generator": {"kind": "noise", "dimension": 3, "network": {"kind": "mlp", "widths": [8]}},
    "projector": {"kind": "learned", "features": 4, "network": {"kind": "mlp", "widths": [8]}},
    "players": {
        "generator": {"moves": ["generator"], "minimize": [{"kind": "mmd", "bandwidths": [1.0]}]},
        "projector": {
            "moves": ["projector"],
            "maximize": [
                {"kind": "ratio", "estimator": {"kind": "kernel-mean-matching", "bandwidths": [1.0], "ridge": 0.1}}
            ],
        },
    },
    "trainer": {"steps": 9, "batch": 16, "log_every": 1, "checkpoint_every": 3, "device": "cpu"},
    "evaluation": [{"kind": "mode-coverage", "samples": 100}],
}
LGM = {
    "data": {"kind": "digits", "size": 8},
    "generator": {"kind": "pyramid", "grow_every": 3},
    "projector": {"kind": "backbone", "card": "TINY"},
    "views": {"copies": 2, "flip": 0.5, "crop": {"scale": [0.5, 1.0]}, "noise": {"std": 0.1}},
    "players": {
        "generator": {
            "moves": ["generator"],
            "optimizer": {"kind": "adam", "lr": 0.03},
            "minimize": [
                {"kind": "statistic", "statistic": "head-gradient", "distance": "cosine", "reference": "cache"}
            ],
        }
    },
    "trainer": {"steps": 9, "log_every": 1, "checkpoint_every": 100, "snapshot_every": 4, "device": "cpu"},
    "evaluation": [
        {"kind": "linear-probe", "protocol": "ridge", "views": 2, "seeds": 2, "random_draws": 2, "rows": 40}
    ],
}
HEAD = {
    "data": {"kind": "digits", "size": 8},
    "projectors": {
        "encoder": {"kind": "learned", "features": 6, "network": {"kind": "mlp", "widths": [7]}},
        "head": {"kind": "learned", "on": "encoder", "features": 10, "network": {"kind": "mlp", "widths": []}},
    },
    "players": {
        "classifier": {
            "moves": ["encoder", "head"],
            "optimizer": {"kind": "adam", "lr": 0.01},
            "minimize": [{"kind": "classification", "space": "head", "sets": ["real"]}],
        }
    },
    "trainer": {"steps": 4, "real_batch": 64, "device": "cpu"},
}
TINY_CARD = """
architecture = "test_vit"
weights = "random"
features = 64
size = 160
license = "none"
source = "made for tests"
"""
