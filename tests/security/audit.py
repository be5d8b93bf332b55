"""Known vulnerabilities of the packages that are installed beside this program, by pip-audit: ``make security``.

It fails where there are any, and says so and does not where neither of pip-audit's sources answers. A source is first
asked about one package alone. Words of the command line go to pip-audit (``--ignore-vuln ID``).
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib.metadata import distributions
from pathlib import Path

SOURCES = ("pypi", "osv")
FIRST = "pip-audit"
"""The package that a source is asked about to see whether it answers."""
OWN = ("matchzoo-torch", "pip")
"""What is not asked about: this project, and what came with Python."""


def installed() -> dict[str, str]:
    """Versions by name, without their local part (``+cpu``), which no source knows."""
    found = {_name(one.metadata["Name"]): one.version.partition("+")[0] for one in distributions()}
    return {name: found[name] for name in sorted(found) if name not in OWN}


def ask(source: str, packages: dict[str, str], words: Sequence[str] = ()) -> list[dict] | None:
    """What a source says of packages, each a table with ``vulns`` or ``skip_reason``; None if it cannot be reached."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "requirements.txt"
        path.write_text("".join(f"{name}=={version}\n" for name, version in packages.items()))
        options = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--timeout", "10", "-f", "json"]
        command = [sys.executable, "-m", "pip_audit", "-s", source, "-r", str(path), *options, *words]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        except subprocess.TimeoutExpired:
            return None
    try:
        return json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return None


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def known(found: Iterable[dict] | None) -> list[dict]:
    """Those packages that the source knows."""
    return [one for one in found or () if "vulns" in one]


def main(words: Sequence[str]) -> int:
    packages = installed()
    source = next((one for one in SOURCES if known(ask(one, {FIRST: packages[FIRST]}))), None)
    if source is None:
        print(f"pip-audit: NOT AUDITED: none of its sources ({', '.join(SOURCES)}) answers from here")
        return 0
    audited = known(ask(source, packages, words))
    unknown = sorted(packages.keys() - {_name(one["name"]) for one in audited})
    print(f"pip-audit: {len(audited)} of {len(packages)} packages audited by {source}")
    if unknown:
        print(f"not known there: {', '.join(unknown)}")
    wrong = [one for one in audited if one["vulns"]]
    for one in wrong:
        for hole in one["vulns"]:
            mended = ", ".join(hole["fix_versions"]) or "no version yet"
            print(f"{one['name']} {one['version']}: {hole['id']}, mended in {mended}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
