"""Findings, and what is compared with their limits."""

from matchzoo.core.findings import Finding, at_the_end, tenths


def test_a_finding_is_a_line() -> None:
    assert str(Finding("samples", "collapsed")) == "samples: collapsed"


def test_medians_of_tenths_of_the_records() -> None:
    values = [9.0] * 10 + [5.0] * 80 + [1.0] * 7 + [100.0] * 3
    assert tenths(values) == [9.0, *[5.0] * 8, 1.0]
    assert at_the_end(values) == 1.0
    assert tenths([1.0, 3.0]) == []
    assert at_the_end([1.0] * 4) is None  # too few for a course
