"""Runs as jobs of submitit: by its local executor, and what is told of their failures."""

import re

import pytest

from matchzoo.core.errors import MatchZooError
from matchzoo.recipes.sweeps import in_slurm
from matchzoo.recipes.sweeps.slurm import Task

JOB = {"recipe": "no = [table", "folder": "", "name": "", "declared": ""}


def test_the_local_executor_tells_of_a_job_that_failed(tmp_path):
    told: dict[int, str] = {}
    in_slurm(tmp_path, {"cluster": "local", "timeout_min": 5})([JOB], 2, told.__setitem__)
    assert re.search(r"its job \d+ failed: tomllib.TOMLDecodeError: ", told[0])


def test_a_job_out_of_time_goes_back_into_the_queue_as_it_is():
    again = Task().checkpoint(JOB)
    assert (type(again.function), again.args) == (Task, (JOB,))


def test_what_submitit_does_not_know_is_told(tmp_path):
    with pytest.raises(MatchZooError, match=r"launcher: .*speed"):
        in_slurm(tmp_path, {"cluster": "local", "speed": 9})
