"""The card of an artifact: a README that the Hub and people read."""

from typing import Any

from huggingface_hub import DatasetCardData
from huggingface_hub.repocard_data import eval_results_to_model_index

from matchzoo.core.showing.text import markdown, mean_and_spread, size_of
from matchzoo.evaluation.baselines import per_class_in_words
from matchzoo.hub.folders import shard
from matchzoo.hub.folders.card_text import (
    accuracies,
    data_name,
    inline,
    license,
    licenses,
    names_of_classes,
    papers,
    plain,
    rows_of_backbones,
    rows_of_source,
    rows_of_versions,
    safe,
    short,
)
from matchzoo.hub.folders.set_schema import SetFields
from matchzoo.hub.folders.validation import sha256

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
COLUMNS = ("method", "backbone", "protocol", "images")


def text(distilled: SetFields, repo: str = "") -> str:
    """The card as Markdown under a head of YAML; ``repo`` is the repository that it is for, if there is one."""
    title = repo.partition("/")[2] or _title(distilled)
    parts = [
        f"# {safe(title)}",
        _about(distilled),
        "![The first image of every class, in label order](grid.png)",
        _use(distilled, repo),
        _results(distilled),
        _origin(distilled),
        licenses("set", distilled.license, distilled.source, distilled.backbones),
        names_of_classes(distilled.class_names),
        _hashes(distilled),
    ]
    head = metadata(distilled, title).to_yaml()
    return f"---\n{head}\n---\n\n" + "\n\n".join(part for part in parts if part) + "\n"


def metadata(distilled: SetFields, title: str) -> DatasetCardData:
    """The head: what the Hub shows and searches, which files hold the data, names of labels, and results."""
    counts = distilled.counts
    count = len(distilled)
    size = next((name for limit, name in SIZES if count < limit), "n>1M")
    names = {str(label): name for label, name in enumerate(distilled.class_names)}
    columns: list[dict[str, Any]] = [
        {"name": "image", "dtype": "image"},
        {"name": "label", "dtype": {"class_label": {"names": names}}},
    ]
    if distilled.labels.ndim == 2:
        columns.append({"name": "probabilities", "sequence": "float32", "length": len(distilled.class_names)})

    tags = ["dataset-distillation", "dataset-compression", "matchzoo"]
    tags += [f"ipc-{counts[0]}"] if len(set(counts)) == 1 else []
    tags += ["soft-labels"] if distilled.labels.ndim == 2 else []
    tags += papers(distilled.recipe)
    results = accuracies(distilled.scores, distilled.source)
    index: dict[str, Any] = {"model-index": eval_results_to_model_index(title, results)} if results else {}
    return DatasetCardData(
        **license(distilled.license),  # type: ignore[arg-type]  # texts
        pretty_name=title,
        task_categories=["image-classification"],
        size_categories=[size],
        tags=tags,
        configs=[{"config_name": "default", "data_files": [{"split": "train", "path": shard.PATTERN}]}],
        dataset_info={"features": columns},
        **index,
    )


def _title(distilled: SetFields) -> str:
    data = short(str((distilled.source or {}).get("card", ""))) or data_name((distilled.source or {}).get("data"))
    cards = ", ".join(filter(None, (short(backbone.get("card", "")) for backbone in distilled.backbones)))
    return f"{data or 'Distilled set'}{', distilled' if data else ''}{f' with {cards}' if cards else ''}"


def _about(distilled: SetFields) -> str:
    m, _, height, width = distilled.images.shape
    labels = "probabilities of the classes" if distilled.labels.ndim == 2 else "labels"
    source = distilled.source or {}
    origin = source.get("from") or data_name(source.get("data"))
    stands = f" The data set they stand for: {safe(origin)}." if origin else ""
    per_class = per_class_in_words(distilled.counts)
    return (
        f"{m} synthetic or chosen images of {height}x{width} pixels with {labels}, {per_class} for each of "
        f"{len(distilled.class_names)} classes, to train classifiers on in place of a whole data set.{stands} "
        "Made with matchzoo."
    )


def _use(distilled: SetFields, repo: str) -> str:
    cards = " ".join(plain(backbone.get("card")) for backbone in distilled.backbones) or "CARD"
    load = f'hub.pull("{repo}")' if repo else 'DistilledDataset.load("FOLDER")'
    door = "from matchzoo import hub" if repo else "from matchzoo.hub import DistilledDataset"
    lines = [
        "## Use",
        "Exact tensors, checked (`pip install matchzoo-torch`):",
        f"```python\n{door}\n\ndistilled = {load}\n"
        "distilled.images, distilled.labels, distilled.class_names  # float32 in [0, 1]\n```",
    ]
    if repo:
        lines += [
            "Rounded to 8 bits, with named labels:",
            f'```python\nfrom datasets import load_dataset\n\ndataset = load_dataset("{repo}", split="train")\n```',
            "The numbers below, again:",
            f"```bash\nmatchzoo evaluate {repo} --backbone {cards}\n```",
        ]
    return "\n\n".join(lines)


def _results(distilled: SetFields) -> str:
    scored = [record for record in distilled.scores if record.get("top1_mean") is not None]
    if not scored:
        return "## Results\n\nNobody has recorded any."

    rows = [["method", "backbone", "protocol", "images", "top-1 %", "top-5 %", "draws"]]
    for record in scored:
        seen_by = record.get("backbone") or record.get("network") or ""
        shown = {**record, "backbone": seen_by, "protocol": record.get("protocol") or record.get("evaluation") or ""}
        about = [safe(str(shown.get(column, ""))) for column in COLUMNS]
        rows.append([
            about[0], short(about[1]), *about[2:], mean_and_spread(record, "top1"), mean_and_spread(record, "top5"),
            safe(str(record.get("seeds", ""))),
        ])  # fmt: skip

    explanation = (
        "Accuracy on the test part of the real data, mean over draws of the evaluation (sd: their standard deviation) "
        "of one distillation. The first row (of each backbone) is this set; `full` is the whole training part. "
        "`metrics.json` has the scores of every draw and class."
    )
    return f"## Results\n\n{markdown(rows)}\n{explanation}"


def _origin(distilled: SetFields) -> str:
    rows = [["what", "is"]]
    about = distilled.preprocessing
    if about is None:
        rows.append(["preprocessing", "unknown"])
    else:
        rows += [[name, inline(about[name])] for name in ("range", "normalization", "views") if about.get(name)]
    rows += rows_of_source(distilled.source)
    rows.append(["class order", "as listed below" if distilled.named else "unknown: labels are numbers without names"])
    rows += rows_of_backbones(distilled.backbones)
    rows += rows_of_versions(distilled.versions)

    if distilled.head is not None:
        size, space = size_of(distilled.head.bytes), safe(short(distilled.head.backbone))
        rows.append(["classifier of all the data", f"`head.safetensors`, {size}, for features of {space}"])
    rows.append(["recipe", "`recipe.toml`: `matchzoo run recipe.toml`" if distilled.recipe else "unknown"])
    return f"## Origin\n\n{markdown(rows)}".rstrip()


def _hashes(distilled: SetFields) -> str:
    rows = [["tensor", "shape", "bytes", "sha256 of its bytes"]]
    for name, tensor in (("images", distilled.images), ("labels", distilled.labels)):
        kind = str(tensor.dtype).removeprefix("torch.")
        rows.append([name, f"{kind} {list(tensor.shape)}", size_of(tensor.nbytes), f"`{sha256(tensor)}`"])
    return (
        f"## Files\n\n`images.safetensors` is exact; the parquet file holds the same images as PNG.\n\n{markdown(rows)}"
    )
