"""What had another name in earlier versions: errors name the new one, and what is stored is read as it was meant."""

from typing import Any

KINDS = {
    ("statistic", "class-centres"): "class-means",
    ("statistic", "per-group"): "per-class",
    ("matcher", "linear-probe"): "induced-probe",
}
"""New kinds by family and old kind."""
FIELDS = {
    ("matcher", "classification", "side"): 'sets = ["synthetic"] (or "real")',
    ("reference", "cache", "half"): "float16",
    ("ratio estimator", "ulsif", "centres"): "centers",
    ("ratio estimator", "rulsif", "centres"): "centers",
    ("ratio estimator", "kliep", "centres"): "centers",
}
"""What to say now, by family, kind and old field."""
VALUES = {"centred": "centered", "learnt": "learned", "colour": "color"}
"""New values of choices by old ones."""


def hint_of_kind(family: str, kind: str) -> str:
    """What an unknown kind is called now; empty if it never was one."""
    new = KINDS.get((family, kind))
    return "" if new is None else f"; it is called '{new}' now"


def hint_of_field(family: str, kind: str, field: str) -> str:
    """What an unknown field of a kind is called now; empty if it never was one."""
    new = FIELDS.get((family, kind, field))
    return "" if new is None else f"; say {new}"


CENTERS = ("ulsif", "rulsif", "kliep")
STATISTICS = {old: new for (family, old), new in KINDS.items() if family == "statistic"}
STORED = {"licence": "license", "normalisation": "normalization"}
"""Keys of the files of sets and models."""


def in_todays_words(value: Any) -> Any:
    """A stored table of an earlier version with the names of today, at any depth; what it says is the same."""
    if isinstance(value, dict):
        changed = (_renamed(key, inner, value.get("kind")) for key, inner in value.items())
        return {key: in_todays_words(inner) for key, inner in changed}
    return [in_todays_words(inner) for inner in value] if isinstance(value, list) else value


def _renamed(key: str, value: Any, kind: Any) -> tuple[str, Any]:
    """A field of a table of some kind, and its value."""
    if key in ("kind", "statistic") and isinstance(value, str):
        return key, STATISTICS.get(value, value)
    if key == "centres" and kind in CENTERS:
        return "centers", value
    if key == "half" and kind == "cache":
        return "float16", value
    if key in ("form", "soft_labels") and isinstance(value, str):
        return key, VALUES.get(value, value)
    if key == "operations" and isinstance(value, list):
        return key, [VALUES.get(str(operation), operation) for operation in value]
    if key == "to" and kind == "nearest" and isinstance(value, str):
        path = value if value.endswith(".safetensors") else f"{value}/distilled/images.safetensors"
        return key, {"kind": "arrays", "path": path, "test_share": 0.0}
    return STORED.get(key, key), value
