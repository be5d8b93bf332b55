"""The card of a model: a README that the Hub and people read."""

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from huggingface_hub import ModelCardData

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import MatchZooError
from matchzoo.core.showing.text import markdown, mean_and_spread, size_of
from matchzoo.core.spec import Units
from matchzoo.evaluation import Evaluation
from matchzoo.evaluation.evaluation import tables
from matchzoo.hub.folders.card_text import (
    SHOWN,
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
from matchzoo.hub.folders.declared_parts import backbones_of, table_of
from matchzoo.hub.folders.model_schema import TrainedModel

TASKS = {
    "generator": "unconditional-image-generation",
    "projector": "image-feature-extraction",
    "probe": "image-classification",
}
"""What the Hub calls a model of images of a family."""
DOES = {
    "generator": "makes samples like those of its data",
    "projector": "maps samples to the feature space that it was trained to compare them in",
    "probe": "classifies samples by a linear map of its features, trained on synthetic samples",
}


def text(model: TrainedModel, repo: str = "", picture: str = "") -> str:
    """The card as Markdown under a head of YAML.

    Args:
        model: what it is of.
        repo: that it is for, if there is one.
        picture: file of a sample beside it, if there is one.
    """
    title = repo.partition("/")[2] or f"{model.family.capitalize()} of kind {model.kind}"
    parts = [
        f"# {safe(title)}",
        _about(model),
        f"![A sample of what it makes]({picture})" if picture else "",
        _use(model, repo),
        _results(model),
        _origin(model),
        licenses("model", model.license, model.source, model.backbones),
        names_of_classes(model.spec.class_names) if model.spec.class_names else "",
        _columns(model.spec.units) if model.spec.units is not None else "",
        _files(model),
    ]
    head = metadata(model, title).to_yaml()
    return f"---\n{head}\n---\n\n" + "\n\n".join(part for part in parts if part) + "\n"


def metadata(model: TrainedModel, title: str) -> ModelCardData:
    """The head: what the Hub shows and searches, and its results."""
    task = {"pipeline_tag": TASKS[model.family]} if model.spec.is_images else {}
    table = (model.source or {}).get("data")
    repo = table.get("repo") if isinstance(table, Mapping) and table.get("kind") == "hub" else None
    data = {"datasets": [str(repo).partition("@")[0]]} if repo else {}
    results = accuracies(model.scores, model.source)
    return ModelCardData(
        **license(model.license),  # type: ignore[arg-type]  # texts
        library_name="matchzoo",
        **task,  # type: ignore[arg-type]
        **data,  # type: ignore[arg-type]
        tags=["matchzoo", model.family, model.kind, *papers(model.recipe)],
        **({"model_name": title, "eval_results": results} if results else {}),  # type: ignore[arg-type]
    )


def _about(model: TrainedModel) -> str:
    spec = model.spec
    of = f"{'images' if spec.is_images else 'vectors'} of shape [{', '.join(map(str, spec.shape))}]"
    source = model.source or {}
    data = short(str(source.get("card") or "")) or data_name(source.get("data")) or "unknown"
    origin = f"; from {safe(str(source['from']))}" if source.get("from") else ""
    return (
        f"A {model.family} {'on a projector ' * (model.family == 'probe')}of kind `{safe(model.kind)}`, which "
        f"{DOES[model.family]}. Samples are {of}. The data: {safe(data)}{origin}. "
        f"{sum(x.numel() for x in model.tensors.values())} values. Made with matchzoo."
    )


def _use(model: TrainedModel, repo: str) -> str:
    load = f'hub.pull_model("{repo}")' if repo else 'Model.load("FOLDER")'
    door = "from matchzoo import hub" if repo else "from matchzoo.hub import Model"
    shape = ", ".join(map(str, model.spec.shape))
    given = f"[n, {shape}]{' in [0, 1]' if model.spec.is_images else ''}"
    of_table = "" if model.spec.units is None else ", in the units of the table"
    calls = {
        "generator": f"samples = generator.sample(100).values  # float [100, {shape}]{of_table}",
        "projector": f"features = projector.project(x)  # x: {given}",
        "probe": f"scores = probe.scores(x)  # x: {given} → [n, {model.spec.classes}]\nnames = probe.predict(x)",
    }
    lines = [
        "## Use",
        "Checked from end to end, nothing unpickled (`pip install matchzoo-torch`):",
        f"```python\n{door}\n\n{model.family} = {load}.part\n{calls[model.family]}\n```",
    ]
    if model.backbones and backbones_of(model.declared):
        card = plain(model.backbones[0].get("card"))
        lines.append(f"It needs the weights of the backbone {card}: `matchzoo doctor --fetch {card}`.")
    return "\n\n".join(lines)


def _results(model: TrainedModel) -> str:
    of_scores = [_safely(rows) for rows in tables_of(model)]
    if not of_scores:
        return "## Results\n\nNobody has recorded any."
    origin = "this probe on the test part of the data" if model.family == "probe" else "the run that it comes from"
    return f"## Results\n\nOf {origin}.\n\n" + "\n".join(markdown(rows) for rows in of_scores).rstrip()


def tables_of(model: TrainedModel) -> list[list[list[str]]]:
    """Tables of the scores, as the evaluations of its recipe lay them out."""
    if model.family == "probe":
        rows = [["backbone", "protocol", "images", "top-1 %", "top-5 %"]]
        for record in model.scores:
            about = [str(record.get(column, "")) for column in ("backbone", "protocol", "images")]
            rows.append([short(about[0]), *about[1:], mean_and_spread(record, "top1"), mean_and_spread(record, "top5")])
        return [rows] if len(rows) > 1 else []

    records = [dict(record) for record in model.scores if "number" in record]
    try:
        return [rows for _, rows in tables(evaluations(model.recipe), records)]
    except (MatchZooError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return []  # of a version, or a plugin, that is not here: config.json has them


def evaluations(recipe: str) -> tuple[Evaluation, ...]:
    """The evaluations that a recipe declares, as TOML text.

    Raises:
        MatchZooError: they are not as this version knows them.
        TOMLDecodeError: the text is no TOML.
    """
    of_tuple: Any = tuple[Evaluation, ...]
    declared: tuple[Evaluation, ...] = structure(tomllib.loads(recipe).get("evaluation", []), of_tuple)
    return declared


def _safely(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[safe(cell) for cell in row] for row in rows]


def _origin(model: TrainedModel) -> str:
    rows = [["what", "is"]]
    rows.append(["declared", inline(table_of(model.declared))])
    rows.append(["trained", f"{model.steps} steps, seed {model.seed}"])
    rows += rows_of_source(model.source)
    rows += rows_of_backbones(model.backbones)
    rows += rows_of_versions(model.versions)
    rows.append(["recipe", "`recipe.toml`: `matchzoo run recipe.toml`" if model.recipe else "unknown"])
    return f"## Origin\n\n{markdown(rows)}".rstrip()


def _columns(units: Units) -> str:
    """The section on the columns of the table that samples are rows of, the first `SHOWN` of them."""
    listed = list(zip(units.columns, units.center, units.scale, strict=True))
    rows = [["column", "center", "scale"], *([safe(n), f"{c:.6g}", f"{s:.6g}"] for n, c, s in listed[:SHOWN])]
    more = f"\n\n… and {len(listed) - SHOWN} more." if len(listed) > SHOWN else ""
    about = "A sample is a row of these columns: `center + scale × value`, where the network gives the values."
    return f"## Columns\n\n{about}\n\n{markdown(rows).rstrip()}{more}"


def _files(model: TrainedModel) -> str:
    return (
        "## Files\n\n`model.safetensors` holds the tensors "
        f"({size_of(model.bytes)}), `part.toml` what they are the values of, `config.json` shapes and hashes of "
        "everything, scores and versions, `recipe.toml` the resolved recipe."
    )
