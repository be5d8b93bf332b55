"""What the course of a run says against its result."""

import copy

import pytest
from helpers.tables import HEAD, RING

from matchzoo.recipes.recipe import Recipe
from matchzoo.training.course import findings_of_terms, losses_that_never_fell

RATIO = "projector/maximize[0]"


@pytest.fixture(scope="module")
def ring():
    return Recipe.of(copy.deepcopy(RING)).build()


@pytest.fixture(scope="module")
def classifier():
    return Recipe.of(copy.deepcopy(HEAD)).build()


def test_a_term_sees_its_own_numbers(ring) -> None:
    log = [{"step": n, RATIO: 1.0, f"{RATIO}/minimum": -57.0, f"{RATIO}/effective_share": 0.003} for n in range(20)]
    findings = [str(finding) for finding in findings_of_terms(ring, log)]
    assert [line.split(":")[0] for line in findings] == [RATIO, RATIO]
    assert "smallest ratio is -57" in findings[0]
    assert "0.3% of the samples" in findings[1]


def test_usual_noise_of_a_ratio_and_a_short_log_are_no_finding(ring) -> None:
    usual = [{RATIO: 1.0, f"{RATIO}/minimum": -20.0, f"{RATIO}/effective_share": 0.02} for _ in range(20)]
    single = [*usual, {RATIO: 1.0, f"{RATIO}/minimum": -400.0, f"{RATIO}/effective_share": 0.0001}]
    bad = [{RATIO: 1.0, f"{RATIO}/minimum": -400.0} for _ in range(4)]
    assert not [finding for log in (usual, single, bad) for finding in findings_of_terms(ring, log)]


def test_a_loss_that_never_fell(classifier, ring) -> None:
    label = "classifier/minimize[0]"
    courses = [[1.0] * 5 + [2.0] * 15, [2.0] * 5 + [1.0] * 15, [2.0] * 5 + [1.0] * 5 + [3.0] * 10]
    rising, falling, redefined = ([{label: value} for value in course] for course in courses)
    assert [str(finding) for finding in losses_that_never_fell(classifier, rising)] == [
        "classifier: its loss never fell; is the learning rate right?"
    ]
    assert not [*losses_that_never_fell(classifier, falling)]
    assert not [*losses_that_never_fell(classifier, redefined)]  # as by a schedule of the term
    assert not [*losses_that_never_fell(ring, rising)]  # two players move what a loss depends on
