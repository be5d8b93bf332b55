"""The process that does the jobs of a sweep."""

import copy
import json
import os
import time

from helpers import started
from helpers.tables import RING

from matchzoo import recipes
from matchzoo.core.declaration.toml import write_toml

SERVE = """
import os, sys
os.dup2(os.open(sys.argv[1], os.O_RDONLY), 0)
sys.stdin = os.fdopen(0)
from matchzoo.recipes.sweeps.worker import serve
serve()
"""


def test_it_does_jobs_and_ends_with_its_input(tmp_path):
    table = copy.deepcopy(RING)
    table["trainer"] |= {"steps": 1}
    job = {"recipe": write_toml(table), "folder": str(tmp_path / "run"), "name": "gan", "declared": ""}
    wrong = {**job, "recipe": write_toml({**table, "data": "rign"})}
    os.mkfifo(tmp_path / "jobs")
    process = started.python(SERVE, tmp_path / "jobs")
    with (tmp_path / "jobs").open("w") as jobs:
        for one in (wrong, job):
            jobs.write(json.dumps(one) + "\n")
        jobs.flush()
        until = time.monotonic() + 300
        while process.said(0).count("\n") < 2 and time.monotonic() < until:
            time.sleep(0.05)
        answers = [json.loads(line)["error"] for line in process.said(0).splitlines()]
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert "unknown data 'rign'; did you mean 'ring'" in answers[0]
    assert answers[1] == ""
    assert recipes.open(tmp_path / "run").metrics["results"][0]["method"] == "gan"
