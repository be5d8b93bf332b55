"""The probe on images: planted groups, what seeds share, and what cannot be evaluated."""

import attrs
import pytest
import torch

from matchzoo.core.declaration.structuring import structure
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.data import Split
from matchzoo.data.views import Views
from matchzoo.evaluation import LinearProbe, Trained
from matchzoo.evaluation.evaluation import Evaluation
from matchzoo.evaluation.probe_harness import ProbeHarness
from matchzoo.models.classifiers import Converged, NearestCentroid, Paper, Ridge
from matchzoo.models.classifiers.classifier_fit import accuracy
from matchzoo.models.classifiers.scoring import probe
from matchzoo.models.classifiers.softmax_regression import fit_softmax_regression


@pytest.fixture
def parts(lgm_recipe):
    engine = lgm_recipe.engine()
    return lgm_recipe.build(engine), engine


FEW = Converged(penalties=(3.0, 0.3, 0.03))


def bench(parts, engine, protocol, **options) -> ProbeHarness:
    return ProbeHarness(parts.data, parts.projector, parts.views, engine, protocol, name="tiny", quiet=True, **options)


def planted(parts) -> Split:
    """Ten test digits of every class in group 0, and ten blank images of every class in group 1: one answer for all
    of these, so exactly one in ten is right."""
    test = parts.data.test_set
    rows = torch.cat([(test.labels == c).nonzero().flatten()[:10] for c in range(10)])
    values = torch.cat([test.values[rows], torch.zeros_like(test.values[rows])])
    return Split(values, test.labels[rows].repeat(2), torch.arange(2).repeat_interleave(len(rows)))


@pytest.mark.parametrize(
    "protocol", [Converged(penalties=(0.3, 0.03)), Ridge(), NearestCentroid()], ids=lambda p: p.kind
)
def test_worst_group_of_planted_groups_is_the_known_answer(parts, protocol):
    made, engine = parts
    made.data.test_set = planted(made)
    table = bench(made, engine, protocol, enough=(2, 40))
    record = table.record("all", [made.data.training_set] * 2, full=True)
    assert record["per_group"][1] == pytest.approx(10)
    assert record["worst_group_mean"] == pytest.approx(10)
    assert record["worst_group_std"] == (None if protocol.kind == "nearest-centroid" else pytest.approx(0))
    sets = table.training_sets([made.data.training_set], full=True)
    fitted = protocol.fit(sets, table.validation, 10)
    answers = fitted[0].classifier.scores(table.test.values).argmax(1)
    right = [int(a) == int(y) for a, y, g in zip(answers, table.test.labels, table.test.group, strict=True) if g == 0]
    [score] = probe(protocol, sets, table.validation, table.test, 10)
    assert score.per_group[0] == pytest.approx(100 * sum(right) / len(right))
    assert record["per_group"][0] > 20  # the digits are told apart


def chosen_by_hand(
    table: ProbeHarness, rows: torch.Tensor, held: torch.Tensor, judges: torch.Tensor
) -> tuple[float, float]:
    """Penalty and top-1 of converged regression on some training rows, the penalty chosen by some others, with some of
    the rows held out for the choice."""
    labels, protocol = table.labels, FEW
    values = table.train.values
    kept = rows[~torch.isin(rows, held)]
    candidates = fit_softmax_regression(values[kept], labels[kept], 10, protocol.penalties)
    found = [accuracy(c.scores(values[judges]), labels[judges]) for c in candidates]
    penalty = protocol.penalties[found.index(max(found))]
    [best] = fit_softmax_regression(values[rows], labels[rows], 10, (penalty,))
    return penalty, 100 * accuracy(best.scores(table.test.values), table.test.labels)


@pytest.mark.parametrize("known", [True, False], ids=["rows", "features"])
@pytest.mark.parametrize("per_class", [1, 40, None], ids=["few", "most", "all"])
def test_no_image_judges_the_probe_that_was_trained_on_it(parts, known, per_class):
    made, engine = parts
    table = bench(attrs.evolve(made, views=None), engine, FEW, enough=(1, 1))
    validation = table.validation_rows
    places = [(table.labels == c).nonzero().flatten() for c in range(10)]
    if per_class == 1:  # all of them validate
        rows = torch.cat([place[torch.isin(place, validation)][:1] for place in places])
    else:  # more than half of what validates is among them
        rows = torch.cat(
            [torch.cat([p[torch.isin(p, validation)], p[~torch.isin(p, validation)]])[:per_class] for p in places]
        )
    images = table._images(rows)
    if not known:
        rounded = (images.values.float() / (255 if images.values.dtype == torch.uint8 else 1)).mul(255).round() / 255
        images = Split(rounded, images.labels)
    [one] = table.training_sets([images])
    inside, own = rows[torch.isin(rows, validation)], validation[torch.isin(validation, rows)]
    if per_class == 1:
        assert one.held_out is None
        assert validation[one.judges].tolist() == validation[~torch.isin(validation, rows)].tolist()
        held, judges = rows[:0], validation[~torch.isin(validation, own)]
    else:
        assert one.judges is None
        assert rows[one.held_out].tolist() == inside.tolist()
        held, judges = inside, validation
    penalty, top1 = chosen_by_hand(table, rows, held, judges)
    [score] = probe(FEW, [one], table.validation, table.test, 10)
    assert score.chosen == {"penalty": penalty}
    assert score.top1 == pytest.approx(top1)
    distilled = Split(
        torch.rand(10, *images.values.shape[1:], generator=torch.Generator().manual_seed(0)), images.labels[:10]
    )
    [other] = table.training_sets([distilled])
    assert other.held_out is None
    assert other.judges is None


def test_all_images_chosen_score_as_all_images(parts):
    made, engine = parts
    table = bench(made, engine, Converged(penalties=(3.0, 0.3, 0.03)), enough=(1, 1))
    training = made.data.training_set
    copy = Split(training.all().values, training.labels)
    chosen, full = table.record("all", [copy]), table.record("full", [training], full=True)
    assert chosen["top1"] == full["top1"]
    assert chosen["chosen"] == full["chosen"]


def test_worst_group_is_in_the_table(parts):
    made, engine = parts
    made.data.test_set = planted(made)
    evaluation = LinearProbe(protocol="nearest-centroid", baselines=())
    records = evaluation.evaluate(Trained(parts=made, engine=engine, method="lgm", seed=0, quiet=True))
    heading, row = evaluation.table(records)
    assert row[heading.index("worst group %")] == f"{min(records[0]['per_group']):.1f}"


def test_seeds_share_one_pass_over_the_views_where_the_protocol_allows(parts, monkeypatch):
    """Paper: one pass for all seeds of the same images. Converged: one for each, and one for
    what the validation set has of them. Un-augmented: nothing is repeated."""
    made, engine = parts
    projected = []
    project = type(made.projector).project
    monkeypatch.setattr(type(made.projector), "project", lambda self, x: projected.append(len(x)) or project(self, x))
    images = Split(torch.rand(10, 3, 8, 8), torch.arange(10))
    counts = {}
    for protocol in (Paper(pool=5, epochs=2), "converged", "nearest-centroid"):
        own = LinearProbe(protocol=protocol).protocol
        table = bench(made, engine, own, enough=(3, 2000))
        projected.clear()
        sets = table.training_sets([images] * 4)
        counts[own.kind] = sum(projected), len(sets), len({id(s.features) for s in sets})
        assert [s.seed for s in sets] == list(range(len(sets)))
    assert counts == {"paper": (50, 4, 1), "converged": (130, 4, 4), "nearest-centroid": (10, 1, 1)}


def test_two_probes_of_one_recipe_keep_their_records_apart(lgm, tmp_path, capsys):
    from matchzoo.cli.main import main
    from matchzoo.core.declaration.toml import write_toml

    lgm["trainer"]["steps"] = 2
    quick = {"kind": "linear-probe", "views": 1, "seeds": 1, "random_draws": 1, "baselines": ["centroid"]}
    paper = {"kind": "paper", "epochs": 3, "pool": 2}
    lgm["evaluation"] = [{**quick, "protocol": "ridge"}, {**quick, "protocol": paper}]
    (tmp_path / "two.toml").write_text(write_toml(lgm))
    main(["run", str(tmp_path / "two.toml"), "--output", str(tmp_path / "run"), "--quiet"])
    printed = capsys.readouterr().out
    assert printed.count("centroid") == 2
    assert printed.count(" paper ") == 2
    assert printed.count(" ridge ") == 2


def test_what_cannot_be_evaluated_is_said(parts):
    made, engine = parts
    probe_of = LinearProbe(protocol="ridge").protocol
    with pytest.raises(MatchZooError, match="training: classes without a sample: 9"):
        bench(made, engine, probe_of).record("few", [Split(torch.rand(9, 3, 8, 8), torch.arange(9))])
    with pytest.raises(MatchZooError, match="training: expected labels from 0 to 9, got 10"):
        bench(made, engine, probe_of).record("many", [Split(torch.rand(11, 3, 8, 8), torch.arange(11))])
    made.data.test_set = None
    with pytest.raises(MatchZooError, match="a probe needs data with labels and a test part"):
        bench(made, engine, probe_of)


def test_a_size_that_the_backbone_cannot_take_is_refused(parts, tmp_path):
    from matchzoo.core.spec import Spec
    from matchzoo.projectors import Backbone

    card = tmp_path / "vit.toml"
    card.write_text(
        'architecture = "test_vit"\nweights = "random"\nfeatures = 64\nsize = 160\nfixed = true\nlicense = "none"\n'
        'source = "tests"\n'
    )
    made, engine = parts
    other = Backbone(card=str(card))
    other.build(Spec(shape=(3, 160, 160)))
    with pytest.raises(MatchZooError, match="takes images of 160x160 pixels only, but they are 8x8"):
        ProbeHarness(made.data, other, made.views, engine, Paper(), name="vit", quiet=True)
    with pytest.raises(MatchZooError, match=r"views.size: 160 is larger than the images \(8x8\)"):
        ProbeHarness(made.data, other, Views(size=160), engine, Paper(), name="vit", quiet=True)


def test_a_probe_is_declared_by_protocol():
    made = structure({"kind": "linear-probe", "protocol": {"kind": "paper", "lr": 0.01}}, Evaluation)
    assert made.protocol.lr == 0.01
    with pytest.raises(DeclarationError, match=r"protocol\.lr: expected a number above 0, got -1"):
        structure({"kind": "linear-probe", "protocol": {"kind": "paper", "lr": -1.0}}, Evaluation)
