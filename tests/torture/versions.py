"""Fresh environments of the oldest and the newest dependencies: installed, tested, and one recipe run in each.

python tests/torture/versions.py FOLDER [--python python3.12] [--pins lowest newest]

``lowest`` pins every dependency, extras too, to the lower bound that pyproject.toml gives it; ``newest`` pins nothing.
Each environment is made under FOLDER (7 GB), and removed when it was tested. Needs a network. Prints a row of the table
on docs/install.md for each. The tests are those that are not slow and need no GPU. With ``lowest``, deprecations are
let through: old packages meet newer ones that nothing pins.
"""

import argparse
import os
import re
import shutil
import subprocess
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
EXTRAS = "quickstart,fidelity,dev"
TOLD = ("torch", "torchvision", "timm", "numpy", "huggingface-hub", "pyarrow", "pillow")
FAST = "not slow and not gpu"
LENIENT = ["-W", "default::DeprecationWarning", "-W", "default::FutureWarning"]
RECIPE = ["gram/ring-2d", "--trainer.steps", "20", "--trainer.batch", "50", "--quiet"]


def bounds() -> list[str]:
    """``name==lower bound`` of whatever pyproject.toml bounds from below, as pip reads constraints."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    every = project["dependencies"] + [one for name in EXTRAS.split(",") for one in extras[name]]
    found = [re.match(r"([\w.-]+)[^>]*>=([\w.]+)", one) for one in every]
    return sorted({f"{one[1]}=={one[2]}" for one in found if one})


def attempt(python: str, pins: str, folder: Path) -> str:
    """Make one environment, test it, remove it; returns its row of the table. Raises CalledProcessError on failure."""
    place, constraints = folder / f"{Path(python).name}-{pins}", folder / f"{pins}.txt"
    constraints.write_text("\n".join(bounds() if pins == "lowest" else []) + "\n")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MATCHZOO_CACHE": str(folder / "cache")}
    environment = {key: value for key, value in environment.items() if key != "PYTHONPATH"}

    def call(*words: str | Path, **options: object) -> str:
        done = subprocess.run(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            print(done.stdout[-6000:], flush=True)
            done.check_returncode()
        return done.stdout

    call(python, "-m", "venv", place)
    try:
        call(place / "bin/pip", "install", "--quiet", "-c", constraints, "-e", f".[{EXTRAS}]")
        script = "import importlib.metadata as m, platform, sys; print(platform.python_version(), "
        script += "*(m.version(name) for name in sys.argv[1:]))"
        version, *versions = call(place / "bin/python", "-c", script, *TOLD).split()
        print(pins, version, *map("=".join, zip(TOLD, versions, strict=True)), flush=True)
        run = folder / f"run-{place.name}"
        call(place / "bin/matchzoo", "run", *RECIPE, "--output", run)
        shutil.rmtree(run)
        chosen = LENIENT if pins == "lowest" else []
        said = call(place / "bin/python", "-m", "pytest", "-q", "-m", FAST, "-p", "no:cacheprovider", *chosen)
        (folder / f"{place.name}.log").write_text(said)
        told = re.findall(r"\d+ (?:passed|skipped|xfailed)", said.splitlines()[-1])
    finally:
        shutil.rmtree(place)
    return f"| {time.strftime('%Y-%m-%d')} | {version} | {pins} | {' | '.join(versions)} | {', '.join(told)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", nargs="+", default=["python3"])
    parser.add_argument("--pins", nargs="+", default=["lowest", "newest"], choices=["lowest", "newest"])
    told = parser.parse_args()
    told.folder.mkdir(parents=True, exist_ok=True)
    rows = [attempt(python, pins, told.folder) for python in told.python for pins in told.pins]
    print(*rows, sep="\n")


if __name__ == "__main__":
    main()
