"""Sets judged by networks trained from scratch: columns of one matrix, beside backbones or alone."""

import json
import re

import attrs
import pytest
import torch
from PIL import Image

from matchzoo.cli.main import main
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.data import Digits
from matchzoo.evaluation import FromScratch
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.models.networks import MLP
from matchzoo.recipes.comparison import Matrix, evaluate, measure

NAMES = tuple("0123456789")
SHORT = FromScratch(epochs=2, batch=25)
SMALL = MLP(widths=(4,))


@pytest.fixture(scope="module")
def data() -> Digits:
    return Digits(size=8)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A folder of a distilled set: a real image of each digit."""
    built = Digits(size=8)
    built.build(0)
    train = built.training_set
    rows = torch.tensor([int((train.labels == label).nonzero()[0]) for label in range(10)])
    folder = tmp_path_factory.mktemp("sets") / "real"
    DistilledDataset(train.render(rows).values, train.labels[rows], NAMES).save(folder)
    return folder


def test_networks_are_columns_with_the_records_of_the_evaluation(real, data):
    matrix = evaluate(
        [real],
        from_scratch=[SMALL, '{ kind = "mlp", widths = [8], norm = "layer" }'],
        training=SHORT,
        data=data,
        baselines=["random"],
        seeds=2,
        quiet=True,
    )
    assert matrix.protocols == ["from-scratch"]
    assert matrix.backbones == ["mlp, widths [4]", "mlp, widths [8], norm layer"]
    assert [row[0] for row in matrix.table()] == ["set", "real", "random"]

    same = measure([real], [attrs.evolve(SHORT, network=SMALL, seeds=2)], data=data, quiet=True)
    column = matrix.backbones[0]
    told = [matrix.record(name, column)["top1"] for name in ("real", "random")]
    assert told == [record["top1"] for record in same.records]


def test_beside_backbones_on_the_command_line(real, tiny_card, tmp_path, capsys):
    output = tmp_path / "matrix.json"
    words = [
        "--data",
        "digits",
        "--size",
        "8",
        "--baselines",
        "random",
        "centroid",
        "--seeds",
        "1",
        "--quiet",
        "--protocol",
        "nearest-centroid",
    ]
    words += [
        "--training",
        "{ epochs = 1, scores = true }",
        "--from-scratch",
        '{ kind = "mlp", widths = [4] }',
        "timm:test_resnet",
    ]
    main(["evaluate", str(real), "--backbone", str(tiny_card), "--per-class", *words, "--output", str(output)])
    matrix = Matrix.load(output)
    assert matrix.protocols == ["nearest-centroid", "from-scratch"]
    assert matrix.columns("from-scratch") == ["mlp, widths [4]", "timm:test_resnet"]
    assert matrix.columns() == [str(tiny_card)]
    assert [row[0] for row in matrix.table("top1", "from-scratch")] == ["set", "real", "random"]
    assert [row[0] for row in matrix.breakdown("timm:test_resnet")] == ["set", "real", "random"]
    assert len(matrix.table()) == 4  # with the images that the backbone chose
    assert json.loads(output.read_text())["about"]["from_scratch"]["timm:test_resnet"]["epochs"] == 1
    assert [row[:2] for row in matrix.robust_scores()[1:]] == [
        ["real", name] for name in matrix.columns("from-scratch")
    ]
    printed = capsys.readouterr().out
    assert "protocol from-scratch, 1 draw\n" in printed
    assert "label-robust %" in printed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], r"give backbones \(--backbone CARD.*\(--from-scratch convnet resnet18\)"),
        (["--from-scratch", "convnt"], "did you mean 'convnet'"),
        (["--backbone", "a", "--training", "{ epochs = 1 }"], "--training: says how networks are trained"),
        (["--from-scratch", "mlp", "--baselines", "centroid"], "in the space of a backbone"),
        (["--from-scratch", "mlp", "--inherit", "a"], "--inherit: hands a head on to backbones"),
        (["--from-scratch", "mlp", "--training", "{ seeds = 1 }"], "--training.seeds: is said by --seeds"),
        (["--from-scratch", "mlp", "--training", "{ epoch = 1 }"], "--training.epoch: unknown key.*'epochs'"),
        (["--from-scratch", "mlp", "--training", "9"], "--training: expected a table"),
        (["--from-scratch", "mlp", "--output", "a.txt"], "names that end in"),
        (["--from-scratch", "mlp", "--evaluation", "from-scratch"], "--from-scratch: an --evaluation says that"),
    ],
)
def test_what_is_refused(words, message, capsys, tmp_path):
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", str(tmp_path), *words])
    assert stopped.value.code == 2

    assert re.search(message, capsys.readouterr().err, re.DOTALL)


def test_a_network_that_does_not_take_the_images_is_told_before_any_is_trained(real, data):
    with pytest.raises(DeclarationError, match=r"from scratch, resnet18.*at least 16 pixels"):
        evaluate([real], from_scratch=["mlp", "resnet18"], data=data)
    with pytest.raises(MatchZooError, match="'mlp' is given twice"):
        evaluate([real], from_scratch=["mlp", MLP()], data=data)


def test_published_files_and_folders_are_judged_once_what_they_do_not_say_is_said(real, tmp_path):
    """Standardized tensors of several experiments, as DC, DSA and DM store them; and folders as those of SRe2L."""
    distilled = DistilledDataset.load(real)
    mean, std = 0.25, 0.5
    stored = (distilled.images - mean) / std
    experiments = [[torch.zeros(10, 3, 8, 8), torch.arange(10)], [stored.requires_grad_(), distilled.labels]]
    torch.save({"data": experiments, "accs_all_exps": {"ConvNet": [1.0]}}, tmp_path / "res_DC.pt")
    names = tmp_path / "names.txt"
    names.write_text("\n".join(NAMES))
    for image, label in zip(distilled.images, distilled.labels.tolist(), strict=True):
        folder = tmp_path / "syn_data" / f"new{label:03d}"
        folder.mkdir(parents=True)
        pixels = (image.permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
        Image.fromarray(pixels).save(folder / f"class{label:03d}_id000.png")

    def records(source, *options):
        words = ["--data", "digits", "--size", "8", "--seeds", "1", "--quiet", "--training", "{ epochs = 20 }"]
        words += ["--from-scratch", '{ kind = "mlp", widths = [4] }', "--output", str(tmp_path / "matrix.json")]
        main(["evaluate", str(source), *words, *options])
        return Matrix.load(tmp_path / "matrix.json").records[0]["top1"]

    expected = records(real)
    said = ["--experiment", "1", "--mean", str(mean), "--std", str(std), "--class-names", str(names)]
    assert records(tmp_path / "res_DC.pt", *said) == expected
    assert records(tmp_path / "syn_data", "--class-names", str(names)) == expected
    for source, options in (("res_DC.pt", said[2:]), ("res_DC.pt", [*said[:2], *said[6:]]), ("syn_data", [])):
        with pytest.raises(SystemExit):  # which experiment, which normalization, which classes
            records(tmp_path / source, *options)
