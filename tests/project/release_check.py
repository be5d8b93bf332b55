"""What is published, tried as a stranger would: wheel and source distribution, each in an empty environment.

python tests/project/release_check.py [--shared] [--tag v1.2.3]

Builds both into dist/. Each is installed with its extra ``quickstart`` into an environment of its own outside of the
checkout, where every Python block of the README that the package carries runs, then ``matchzoo list`` and a ring of 50
steps. Takes a network, 7 GB for torch with CUDA, and ten minutes. With ``--shared`` the environments see the packages
of the Python that runs this, and nothing is downloaded.

With ``--tag`` nothing is built: it says whether a release may be made of the files in dist/. The tag must be ``v`` and
their version, which is no development version, and the place of the repository must be known.
"""

import argparse
import email
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from email.message import Message
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RING = ["gram/ring-2d", "--trainer.steps", "50", "--output", "ring"]


def metadata(wheel: Path) -> Message:
    """What a wheel says of itself; its payload is the README."""
    with zipfile.ZipFile(wheel) as file:
        (name,) = [name for name in file.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_string(file.read(name).decode())


def obstacles(wheel: Path, tag: str) -> list[str]:
    """Why a release of this tag may not be made; empty if it may."""
    about = metadata(wheel)
    problems = []
    if tag != f"v{about['Version']}":
        problems.append(f"the tag is {tag}, and the version {about['Version']} (matchzoo/core/version.py)")
    if not about.get_all("Project-URL"):
        problems.append("the place of the repository is not known: set repository in pyproject.toml")
    return problems


def call(folder: Path, *words: str | Path) -> str:
    """Run a command in a folder, without the checkout on Python's path; what it prints."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment |= {"MATCHZOO_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    print("+", *words, flush=True)
    done = subprocess.run(words, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(done.stdout)
        raise SystemExit(f"failed with code {done.returncode}")
    return done.stdout


def attempt(package: Path, readme: str, folder: Path, shared: bool) -> None:
    """Install a package into an empty environment in a folder, and use it there."""
    call(folder, sys.executable, "-m", "venv", "environment")
    place = folder / "environment" / ("Scripts" if os.name == "nt" else "bin")
    python = place / "python"
    if shared:
        here = call(folder, python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])").strip()
        there = call(folder, sys.executable, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])").strip()
        # not as a .pth file would: editable installs of the other environment stay unknown
        (Path(here) / "shared.pth").write_text(f"import sys; sys.path.append({there!r})\n")
    install = ["--ignore-installed", "--no-deps", "--no-build-isolation"] if shared else []
    call(folder, python, "-m", "pip", "install", "--quiet", *install, f"{package}[quickstart]")
    origin = call(folder, python, "-c", "import matchzoo; print(matchzoo.__file__)").strip()
    if not Path(origin).resolve().is_relative_to((folder / "environment").resolve()):
        raise SystemExit(f"matchzoo comes from {origin}, and not from {package.name}")
    for number, block in enumerate(BLOCK.findall(readme)):
        (folder / f"block_{number}.py").write_text(block, encoding="utf-8")
        print(call(folder, python, f"block_{number}.py"))
    if "gram/ring-2d" not in call(folder, place / "matchzoo", "list"):
        raise SystemExit("matchzoo list does not show gram/ring-2d")
    print(call(folder, place / "matchzoo", "run", *RING))


def main() -> None:
    """Check, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", action="store_true", help="take dependencies from this environment")
    parser.add_argument("--tag", help="only say whether the files in dist/ may be released under it")
    chosen = parser.parse_args()
    if chosen.tag:
        (wheel,) = DIST.glob("*.whl")
        raise SystemExit("\n".join(obstacles(wheel, chosen.tag)) or None)
    shutil.rmtree(DIST, ignore_errors=True)
    for target in ("wheel", "sdist"):
        call(ROOT, sys.executable, "-m", "hatchling", "build", "-t", target, "-d", DIST)
    (wheel,) = DIST.glob("*.whl")
    readme = str(metadata(wheel).get_payload())
    if not BLOCK.search(readme):
        raise SystemExit("the README has no Python block")
    for package in sorted(DIST.iterdir()):
        with tempfile.TemporaryDirectory() as folder:
            attempt(package, readme, Path(folder), chosen.shared)
        print(f"{package.name}: installs and works outside of the checkout\n", flush=True)
    for problem in obstacles(wheel, f"v{metadata(wheel)['Version']}"):
        print(f"before a release: {problem}")


if __name__ == "__main__":
    main()
