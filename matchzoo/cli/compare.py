"""The commands that compare: matchzoo evaluate, matchzoo report."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TextIO

import attrs
import tyro

from matchzoo import zoo
from matchzoo.cli import given
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.showing.text import as_json
from matchzoo.hub.third_party.tensor_form import AS_STORED, TensorForm
from matchzoo.recipes.network_names import network_tables

if TYPE_CHECKING:
    from matchzoo.recipes.comparison import Matrix, Measured, RunReport

Sets = Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="SET")]
Flag = Annotated[bool, tyro.conf.FlagCreatePairsOff]
Form = Annotated[TensorForm, tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff]


def evaluate(
    sets: Sets,
    backbone: tuple[str, ...] = (),
    from_scratch: tuple[str, ...] = (),
    training: str | None = None,
    evaluation: tuple[str, ...] = (),
    images_per_class: int | None = None,
    data: str | None = None,
    size: int | None = None,
    protocol: tuple[str, ...] = ("converged",),
    baselines: tuple[Literal["random", "centroid", "full"], ...] = (),
    seeds: int = 5,
    views: str | None = None,
    per_class: Flag = False,
    class_names: Path | None = None,
    form: Form = AS_STORED,
    inherit: str | None = None,
    output: tuple[Path, ...] = (Path("runs/matrix.json"),),
    device: str = "auto",
    json: Flag = False,
    quiet: Flag = False,
    data_changed: Flag = False,
) -> None:
    """Evaluate sets of images on backbones, and by networks that are trained on them from scratch: one table, a row a
    set, a column a backbone or network. Or by other evaluations: of a finished run, their records are added to those
    that it has.

    matchzoo evaluate runs/lgm/quickstart --backbone mobilenetv2

    Args:
        sets: folders of runs, files or folders of distilled sets, folders with a folder of images for each class,
            user/name[@revision] of the Hub.
        backbone: cards of the zoo, or paths of .toml files; those of the runs if neither they nor networks are given.
        from_scratch: networks to train on each set: convnet, mlp, resnet18, resnet34, torchvision:NAME, timm:NAME, or a
            table such as '{ kind = "convnet", width = 64 }'.
        training: how they are trained, as a table of the evaluation from-scratch: '{ epochs = 1000 }'.
        evaluation: in place of backbones and networks, evaluations as recipes declare them:
            '{ kind = "feature-distances" }'.
        images_per_class: only so many of the first images of each class of every set; a run is then taken as a set.
        data: card of the data to test on; that of the runs if not given.
        size: pixels a side of data and sets, for backbones that do not take the data's own.
        protocol: how classifiers are trained: converged, paper, ridge, k-nn, nearest-centroid; the first leads.
        baselines: rows of real images beside the sets, as many of a class as they have; or all of them.
        seeds: draws of the views; networks that are trained on each set.
        views: what training images are augmented by, as a table: '{ flip = 0.5, crop = { scale = [0.08, 1.0] } }';
            for backbones those of the first run if not given, for networks from scratch none.
        per_class: print the accuracy of every class too (the stored file always has it).
        class_names: file with the class names of sets that do not say them: a line each, or a JSON list.
        form: what a .pt or .pth file does not say of its tensors.
        inherit: a backbone whose head, trained on all training images, is handed on to the others by way of the images.
        output: files to write: .json (everything), .md, .csv.
        device: auto, cpu, cuda, cuda:1, mps.
        json: print everything for programs, in place of the tables.
        quiet: show no progress.
        data_changed: go on although the samples are not those that a run was trained on.
    """
    if evaluation:
        alone: dict[str, Any] = {"--backbone": backbone, "--from-scratch": from_scratch, "--training": training}
        alone |= {"--baselines": baselines, "--inherit": inherit, "--views": views}
        refused = [name for name, value in alone.items() if value]
        if refused or protocol != ("converged",):
            raise MatchZooError(f"{(refused or ['--protocol'])[0]}: an --evaluation says that itself; leave it out")
        about: dict[str, Any] = {"data": data, "size": size, "class_names": class_names}
        about |= {"images_per_class": images_per_class, "form": None if form.says_nothing else form}
        how: dict[str, Any] = {"device": device, "quiet": quiet, "data_changed": data_changed}
        _by_evaluations(sets, evaluation, about, how, output, json)
        return
    if not backbone and not from_scratch:
        backbone = given.own_backbones(sets)
        if backbone:
            print(f"--backbone {' '.join(backbone)}: that of the run", file=sys.stderr)
    given.check(
        *(given.source(name) for name in sets),
        *(given.card("--backbone", name, zoo.BackboneCard) for name in backbone),
        *(given.card("--inherit", name, zoo.BackboneCard) for name in (inherit,) if name is not None),
        *(given.card("--data", name, zoo.DataCard) for name in (data,) if name is not None),
        lambda: network_tables(from_scratch),
        lambda: given.outputs(output, ".json", ".md", ".csv"),
        given.right(
            bool(backbone or from_scratch),
            "evaluate: give backbones (--backbone CARD; 'matchzoo list backbones/*' shows them), networks to train on "
            "the sets (--from-scratch convnet resnet18), or both; or an --evaluation as recipes declare them",
        ),
        given.right(
            training is None or bool(from_scratch),
            "--training: says how networks are trained; say which (--from-scratch convnet)",
        ),
        given.right(
            inherit is None or bool(backbone), "--inherit: hands a head on to backbones; say which (--backbone CARD)"
        ),
        given.right(
            bool(backbone) or "centroid" not in baselines,
            "--baselines centroid: chosen in the space of a backbone; leave it out, or give --backbone",
        ),
    )

    from matchzoo.core.declaration.structuring import structure
    from matchzoo.core.showing.text import format_table
    from matchzoo.data.views import Views
    from matchzoo.recipes.comparison import evaluate as compare

    chosen = given.table("--views", views, "{ flip = 0.5 }", lambda table: structure(table, Views))
    protocol_of_networks = given.table("--training", training, "{ epochs = 1000 }", _training)
    matrix = compare(
        sets,
        backbone,
        from_scratch=from_scratch,
        training=protocol_of_networks,
        data=data,
        views=chosen,
        size=size,
        protocols=protocol,
        baselines=baselines,
        seeds=seeds,
        class_names=class_names,
        form=form,
        images_per_class=images_per_class,
        inherit=inherit,
        device=device,
        quiet=quiet,
        data_changed=data_changed,
    )
    for note in matrix.about["notes"]:
        print(note, file=sys.stderr if json else sys.stdout)
    if json:
        print(as_json({"about": matrix.about, "records": matrix.records}))
        _write(matrix, output, sys.stderr)
        return
    for kind in matrix.protocols:
        told = f"mean of {seeds} draws (sd: their standard deviation)" if seeds > 1 else "1 draw"
        print(f"\ntop-1 %, protocol {kind}, {told}")
        print(format_table(matrix.table("top1", kind)))
    if len(matrix.robust_scores()) > 1:
        print("\nrobust scores (se: standard error over draws)")
        print(format_table(matrix.robust_scores()))
    if len(matrix.about["class_names"]) > 5:
        print(f"\ntop-5 %, protocol {matrix.protocols[0]}")
        print(format_table(matrix.table("top5")))
    if matrix.about["group_names"]:
        print(f"\ntop-1 % of the worst group, protocol {matrix.protocols[0]}")
        print(format_table(matrix.table("worst_group")))
        for name in matrix.backbones:
            print(f"\ntop-1 % of every group on {name}")
            print(format_table(matrix.breakdown(name, "group")))
    if per_class:
        for name in matrix.backbones:
            print(f"\ntop-1 % of every class on {name}")
            print(format_table(matrix.breakdown(name)))
    print()
    _write(matrix, output, sys.stdout)


def _training(table: dict[str, Any]) -> Any:
    """The evaluation ``from-scratch`` of a table that leaves out what has options of its own."""
    from matchzoo.core.declaration.structuring import structure
    from matchzoo.evaluation import Evaluation

    options = {"network": "--from-scratch", "seeds": "--seeds", "baselines": "--baselines", "kind": "--from-scratch"}
    for field, option in options.items():
        if field in table:
            raise DeclarationError([(field, f"is said by {option}; leave it out here")])
    return structure({"kind": "from-scratch", **table}, Evaluation)  # type: ignore[type-abstract]


def _by_evaluations(
    sets: tuple[str, ...],
    texts: tuple[str, ...],
    about: dict[str, Any],
    how: dict[str, Any],
    output: tuple[Path, ...],
    json: bool,
) -> None:
    """Add the evaluations to runs, and measure by them what is no run, or not as it is."""
    from matchzoo import recipes
    from matchzoo.core.showing.text import format_table
    from matchzoo.evaluation.evaluation import notes, tables
    from matchzoo.hub.folders.reading import is_run
    from matchzoo.recipes.comparison import measure
    from matchzoo.runs.reevaluation import evaluate_again, of_text

    evaluations = of_text(texts)
    as_they_are = all(value is None for value in about.values())
    runs = [name for name in sets if as_they_are and is_run(Path(name))]
    others = [name for name in sets if name not in runs]
    if others:
        given.outputs(output, ".json", ".md")
    opened = [(name, recipes.open(name)) for name in runs]
    printed: dict[str, Any] = {"runs": []}

    for name, run in opened:
        if how["device"] != "auto":
            run = attrs.evolve(run, recipe=run.recipe.replace(**{"trainer.device": how["device"]}))
        before = len(run.evaluations)
        run = evaluate_again(run, evaluations, data_changed=how["data_changed"], quiet=how["quiet"])
        printed["runs"].append(run.record())
        if json:
            continue
        for _, table in tables(run.evaluations, run.metrics["results"])[before:]:
            print(format_table(table))
        for note in notes([record for record in run.metrics["results"] if record["number"] >= before]):
            print(note)
        count = len(run.evaluations) - before
        already = f"; {len(evaluations) - count} were there already" if count < len(evaluations) else ""
        print(f"\nadded {count} evaluation{'' if count == 1 else 's'} to {name}{already}")

    if others:
        measured = measure(others, evaluations, **about, **how)
        printed |= {"about": measured.about, "records": measured.records}
        for note in measured.about["notes"]:
            print(note, file=sys.stderr if json else sys.stdout)
        if not json:
            for _, table in measured.tables():
                print(format_table(table))
            for note in notes(measured.records):
                print(note)
        _write(measured, output, sys.stderr if json else sys.stdout)
    if json:
        print(as_json(printed))


def report(
    runs: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN")],
    output: tuple[Path, ...] = (Path("runs/report.json"), Path("runs/report.png")),
    by: str | None = None,
    json: Flag = False,
) -> None:
    """Put finished runs into one table and one picture: accuracy against images per class, seconds and bytes.

    matchzoo report runs/lgm/quickstart runs/mine

    Args:
        runs: folders of finished runs.
        output: files to write: .json (everything), .png (the picture), .md (the table).
        by: choose the best by a scorer that sees no label of the target, such as unlabeled.entropy, shown beside the
            choice by labels; nothing is written.
        json: print everything for programs, in place of the table.
    """
    given.check(*(given.run(name) for name in runs))
    if by is None:
        given.outputs(output, ".json", ".png", ".md")

    from matchzoo.core.showing.text import format_table
    from matchzoo.recipes.comparison import choose
    from matchzoo.recipes.comparison import report as compare

    if by is not None:
        choice = choose(runs, by)
        if json:
            print(as_json({"by": by, "rows": choice.rows}))
        else:
            print(format_table(choice.table()))
            print(choice.in_words())
        return

    comparison = compare(runs)
    if json:
        print(as_json(comparison.record()))
        _write(comparison, output, sys.stderr)
        return
    print(format_table(comparison.table()))
    for note in comparison.notes:
        print(note)
    print()
    _write(comparison, output, sys.stdout)


def _write(made: "Matrix | Measured | RunReport", output: tuple[Path, ...], to: TextIO) -> None:
    """Save what was compared, and say where."""
    for path in output:
        made.save(path)
        print(f"wrote {path}", file=to)
