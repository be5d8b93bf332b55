"""The table of a tiny dataset condensation."""

TABLE = {
    "data": {"kind": "digits", "size": 8, "sampling": "balanced"},
    "generator": {"kind": "pixels", "images_per_class": 2},
    "projectors": {
        "images": "identity",
        "network": {
            "kind": "learned", "features": 10, "redraw_every": 2,
            "network": {"kind": "convnet", "width": 4, "depth": 2},
        },
    },
    "views": {"size": 8, "flip": 0.5},
    "players": {
        "generator": {
            "moves": ["generator"],
            "minimize": [
                {
                    "kind": "statistic", "space": "images", "distance": "row-cosine",
                    "statistic": {
                        "kind": "per-class", "statistic": {"kind": "network-gradient", "network": "network"},
                    },
                }
            ],
        }
    },
    "trainer": {"steps": 3, "real_batch": 30, "precision": "float64", "device": "cpu"},
}  # fmt: skip
