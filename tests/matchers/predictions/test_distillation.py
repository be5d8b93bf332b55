"""Divergences of predictions: golden values, gradients, rules of rows, and what is refused."""

import pytest
import torch

from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.samples import Samples
from matchzoo.core.schedule import Ramp
from matchzoo.core.step import Step
from matchzoo.matchers import Distillation, information_loss, prediction_divergence, ranking_loss, row_rule
from matchzoo.matchers.predictions.distillation import row_entropies

EXACT = {"rtol": 1e-12, "atol": 1e-12}


@pytest.fixture
def values(golden):
    return {key: torch.from_numpy(array) for key, array in golden("self_targets.npz").items()}


def test_golden_values(values):
    student, teacher = values["pred_student"], values["pred_teacher"]
    skewed = prediction_divergence(student, teacher, "jensen-shannon", skew=0.9)
    weights = row_rule(student, teacher, "teacher-surer-soft")
    for found, key in [
        (prediction_divergence(student, teacher), "pred_kl_teacher_student"),
        (prediction_divergence(student, teacher, "reverse-kl"), "pred_kl_student_teacher"),
        (row_entropies(student), "pred_entropy_student"),
        (row_entropies(teacher), "pred_entropy_teacher"),
        (skewed, "pred_jsd_beta09"),
        (weights, "pred_selective_weight"),
        ((weights * skewed).mean(), "pred_selective_loss"),
        (prediction_divergence(teacher, student, temperature=0.1).mean(), "pred_two_view_kl_tau01"),
        (-information_loss(student), "pred_information"),
        (ranking_loss(student, teacher), "pred_plackett_luce"),
    ]:
        torch.testing.assert_close(found, values[key], **EXACT)
    assert not torch.allclose(ranking_loss(student, teacher), values["pred_plackett_luce_reversed"])
    torch.testing.assert_close(ranking_loss(student, -teacher), values["pred_plackett_luce_reversed"], **EXACT)


def test_the_gradient_of_kl_is_that_of_soft_labels():
    student, teacher = torch.randn(5, 4, dtype=torch.float64, requires_grad=True), torch.randn(5, 4).double()
    (gradient,) = torch.autograd.grad(prediction_divergence(student, teacher).sum(), student)
    torch.testing.assert_close(gradient, student.detach().softmax(1) - teacher.softmax(1))
    hard = prediction_divergence(student, 1e6 * teacher).detach()
    torch.testing.assert_close(prediction_divergence(student, teacher, "hard").detach(), hard)


def test_a_sharpened_teacher():
    student, teacher = torch.randn(5, 4, dtype=torch.float64, requires_grad=True), torch.randn(5, 4).double()
    losses = prediction_divergence(student, teacher, temperature=0.5, teacher_temperature=0.2)
    (gradient,) = torch.autograd.grad(losses.sum(), student)
    torch.testing.assert_close(gradient, ((student.detach() / 0.5).softmax(1) - (teacher / 0.2).softmax(1)) / 0.5)

    term = Distillation(temperature=0.5, teacher_temperature=Ramp(start=1.0, end=0.2, last=5))
    torch.testing.assert_close(term(teacher, student, step=Step(5, 0)), losses.mean())
    torch.testing.assert_close(
        term(teacher, student, step=Step(1, 0)),
        prediction_divergence(student, teacher, temperature=0.5, teacher_temperature=1.0).mean(),
    )


def test_two_views_in_two_spaces_are_one_in_each():
    term = Distillation(space=("teacher", "scores"))
    assert term.inputs(("weak", "strong")) == (("weak", "teacher"), ("strong", "scores"))
    assert term.inputs(("real",)) == (("real", "teacher"), ("real", "scores"))


@pytest.mark.parametrize("divergence", ["kl", "reverse-kl", "symmetric-kl", "jensen-shannon"])
def test_equal_predictions_have_none_and_constants_do_not_matter(divergence):
    student, teacher = torch.randn(2, 5, 4, dtype=torch.float64)
    assert prediction_divergence(student, student + 3, divergence).abs().max() < 1e-12
    far = prediction_divergence(student, teacher, divergence)
    assert bool((far > 0).all())
    torch.testing.assert_close(prediction_divergence(student - 2, teacher + 1, divergence), far)
    if divergence in ("symmetric-kl", "jensen-shannon"):
        torch.testing.assert_close(prediction_divergence(teacher, student, divergence), far)


def test_rules_of_rows():
    sure, unsure = torch.tensor([9.0, 0.0, 0.0]), torch.tensor([0.1, 0.0, 0.0])
    student, teacher = torch.stack([unsure, sure, unsure]), torch.stack([sure, unsure, unsure])
    assert row_rule(student, teacher).tolist() == [1, 1, 1]
    assert row_rule(student, teacher, "confident").tolist() == [1, 0, 0]
    assert row_rule(student, teacher, "teacher-surer").tolist() == [1, 0, 0]
    soft = row_rule(student, teacher, "teacher-surer-soft")
    assert soft[0] > 0.5 > soft[1]
    assert soft[2].item() == pytest.approx(0.5)


@pytest.mark.parametrize("fixed", ["teacher", "student", "none"])
def test_a_fixed_side_gets_no_gradient(fixed):
    teacher, student = torch.randn(2, 6, 4, dtype=torch.float64).unbind()
    teacher.requires_grad_()
    student.requires_grad_()
    Distillation(fixed=fixed, rows="teacher-surer")(teacher, student).backward()
    assert (teacher.grad is None) == (fixed == "teacher")
    assert (student.grad is None) == (fixed == "student")


def test_rows_count_as_their_weights_say():
    teacher, student = torch.randn(2, 3, 4, dtype=torch.float64)
    term, weights, rows = Distillation(), torch.tensor([2.0, 1.0, 0.0]), torch.tensor([0, 0, 1])
    weighted = term(Samples(teacher, weights=weights), Samples(student, weights=weights))
    torch.testing.assert_close(weighted, term(teacher[rows], student[rows]))


def test_what_is_refused():
    with pytest.raises(MatchZooError, match=r"class scores \[n, c\] of one shape, got \[3, 4\] and \[3, 5\]"):
        prediction_divergence(torch.zeros(3, 4), torch.zeros(3, 5))
    with pytest.raises(MatchZooError, match="did you mean 'reverse-kl'"):
        prediction_divergence(torch.zeros(3, 4), torch.zeros(3, 4), "reverse-k")
    with pytest.raises(MatchZooError, match="temperature above 0, got 0"):
        prediction_divergence(torch.zeros(3, 4), torch.zeros(3, 4), temperature=0)
    with pytest.raises(MatchZooError, match="temperature above 0, got -1"):
        prediction_divergence(torch.zeros(3, 4), torch.zeros(3, 4), teacher_temperature=-1)
    with pytest.raises(MatchZooError, match=r"got \[3, 4\] and \[2, 4\]"):
        ranking_loss(torch.zeros(3, 4), torch.zeros(2, 4))
    with pytest.raises(MatchZooError, match="at least 1 place"):
        ranking_loss(torch.zeros(3, 4), torch.zeros(3, 4), top=0)
    with pytest.raises(DeclarationError, match="skew"):
        Distillation(divergence="jensen-shannon", skew=1.0)
