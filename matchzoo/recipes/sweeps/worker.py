"""One run of a sweep as a job, and a process that does jobs: ``python -m matchzoo.recipes.sweeps.worker``.

Jobs are lines of JSON on its standard input, answers lines of JSON on its standard output. It ends when its input does,
at once: no run goes on without the sweep that it is of, whatever ended that.
"""

import json
import os
import queue
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from matchzoo.core.errors import MatchZooError

Job = dict[str, str]
"""``recipe`` as TOML, ``folder``, and ``name`` and ``declared`` as `Recipe.run` takes them."""


def do(job: Job, quiet: bool = True) -> None:
    """Run a job; what is there is resumed."""
    import tomllib

    from matchzoo.recipes.recipe import Recipe

    recipe = Recipe.of(tomllib.loads(job["recipe"]))
    recipe.run(Path(job["folder"]), quiet=quiet, name=job["name"], declared=job["declared"])


def attempt(job: Job, quiet: bool = True) -> str:
    """Run a job; what is to be fixed where it cannot be run, nothing where it is finished."""
    try:
        do(job, quiet)
    except MatchZooError as error:
        return str(error)
    return ""


def serve() -> None:
    """Do the jobs of the standard input until it ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is not an answer
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            jobs.put(json.loads(line))
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        job = jobs.get()
        answer: dict[str, Any] = {}
        try:
            answer["error"] = attempt(job)
        except Exception:  # a defect, which the sweep tells with the others
            answer["error"] = traceback.format_exc()
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    try:
        serve()
    except KeyboardInterrupt:  # of the terminal, which the sweep gets as well
        sys.exit(130)
