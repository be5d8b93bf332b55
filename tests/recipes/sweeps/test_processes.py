"""Jobs side by side: who gets what, what is told of a process that ends, and how many threads each has."""

import sys

import pytest

from matchzoo.recipes.sweeps import processes

ECHO = """
import json, os, sys
for line in sys.stdin:
    job = json.loads(line)
    if job["name"] == "dies":
        os._exit(7)
    if job["name"] == "waits":
        import time
        time.sleep(600)
    print(json.dumps({"error": os.environ["OMP_NUM_THREADS"] + job["name"]}), flush=True)
"""


@pytest.fixture(autouse=True)
def echo(monkeypatch):
    monkeypatch.setattr(processes, "COMMAND", [sys.executable, "-I", "-c", ECHO])
    monkeypatch.setattr(processes, "visible_gpus", list)
    monkeypatch.setenv("OMP_NUM_THREADS", "4")


def job(name: str) -> dict[str, str]:
    return {"recipe": "", "folder": "", "name": name, "declared": ""}


def test_every_job_is_done_once_and_one_that_kills_its_process_is_told():
    told: dict[int, str] = {}
    processes.do_all([job("a"), job("dies"), job("b"), job("c")], 2, told.__setitem__)
    assert {number: told[number] for number in (0, 2, 3)} == {0: "2a", 2: "2b", 3: "2c"}
    assert told[1] == "its process ended with code 7; start the sweep again to go on"


def test_what_ends_the_sweep_stops_the_processes():
    class Stop(Exception):
        pass

    def stop(number: int, error: str) -> None:
        raise Stop

    with pytest.raises(Stop):
        processes.do_all([job("waits"), job("a")], 2, stop)
    stopped = processes.Process({})
    stopped.stop()
    assert stopped.do(job("a")) == "was not begun"


def test_threads_and_gpus_are_shared(monkeypatch):
    assert [processes.threads_of(count) for count in (1, 2, 3, 9)] == [4, 2, 1, 1]
    places = [processes.environment_of(number, 3, ["0", "1"]) for number in range(3)]
    assert [place["CUDA_VISIBLE_DEVICES"] for place in places] == ["0", "1", "0"]
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert "CUDA_VISIBLE_DEVICES" not in processes.environment_of(0, 2, ["0"])
