"""What a release needs: one version, one address, workflows and a container that name what there is."""

import email
import re
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT), str(ROOT / "docs/hooks"), str(ROOT / "tests/project")]

import project as hook  # noqa: E402
import release_check  # noqa: E402

import hatch_build  # noqa: E402

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PLACE = "https://example.org/somebody/matchzoo"


def steps(workflow: Path) -> list[dict]:
    """The steps of all jobs of a workflow."""
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values()
    return [step for job in jobs for step in job.get("steps", ())]


def test_the_version_is_the_same_everywhere() -> None:
    version = hook.version()
    assert "version" in PROJECT["project"]["dynamic"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"] == version
    assert re.findall(r"version += \{(.+?)\}", (ROOT / "README.md").read_text(encoding="utf-8")) in ([version], [])


def test_addresses_are_made_of_one_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    from mkdocs.config.defaults import MkDocsConfig

    place = hook.repository()
    tracked = [ROOT / "README.md", ROOT / "CITATION.cff", ROOT / "mkdocs.yml", *(ROOT / ".github").rglob("*.*")]
    assert not place or not [path for path in tracked if place in path.read_text(encoding="utf-8")]
    for known in ("", PLACE):
        metadata: dict = {}
        hatch_build.Addresses(str(ROOT), {"repository": known}).update(metadata)
        assert [address.startswith(PLACE) for address in metadata["urls"].values()] == [True] * (4 if known else 0)
        monkeypatch.setattr(hook, "repository", lambda known=known: known)
        config = hook.on_config(MkDocsConfig())
        assert config.repo_url == (known or None)
        assert hook.version() in config.copyright


def test_what_keeps_a_release_back(tmp_path: Path) -> None:
    wheel = tmp_path / "matchzoo_torch-0.2.0-py3-none-any.whl"
    about = email.message.Message()
    about["Version"] = "0.2.0"
    for address in (None, PLACE):
        if address:
            about["Project-URL"] = f"Repository, {address}"
        with zipfile.ZipFile(wheel, "w") as file:
            file.writestr("matchzoo_torch-0.2.0.dist-info/METADATA", about.as_string())
        wrong_tag = release_check.obstacles(wheel, "v0.1.0")
        assert "the tag is v0.1.0, and the version 0.2.0" in wrong_tag[0]
        assert bool(release_check.obstacles(wheel, "v0.2.0")) == (address is None)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_run_what_there_is(workflow: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    content = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    assert content["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job for job in content["jobs"].values() if len(job.get("steps", ())) > 2)
    commands = [line for step in steps(workflow) for line in step.get("run", "").splitlines()]
    for line in commands:
        for target in re.findall(r"^make ([a-z -]+)$", line):
            assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in target.split()), line
        for script in re.findall(r"tests/\S+\.py", line):
            assert (ROOT / script).is_file(), line
        for extras in re.findall(r"\[([a-z,]+)\]", line):
            assert set(extras.split(",")) <= set(PROJECT["project"]["optional-dependencies"]), line


def test_workflows_try_what_the_package_promises() -> None:
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    matrix = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text())["jobs"]["tests"]["strategy"]["matrix"]
    assert matrix["python"] == promised
    assert [name.split("-")[0] for name in matrix["os"]] == ["ubuntu", "macos", "windows"]


@pytest.mark.parametrize("page", sorted((ROOT / ".github").glob("*.md")), ids=lambda path: path.stem)
def test_links_of_the_pages_of_the_repository(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_the_container_takes_what_the_package_is_built_of() -> None:
    copied = re.findall(r"^COPY (.+) /source", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    files = " ".join(copied).split()
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert all((ROOT / name).exists() and f"!{name}" in ignored for name in files)
    package, data = PROJECT["project"], PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    built_of = {"matchzoo", *data, package["readme"], *package["license-files"]}
    assert built_of | {"pyproject.toml", "hatch_build.py"} == set(files)


def test_hooks_before_a_commit_are_those_of_the_makefile() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    entries = {hook["id"]: hook["entry"] for hook in repository["hooks"]}
    assert entries["ruff"].startswith("ruff check")
    scan = re.search(r"detect-secrets-hook (.*?) \$\$files", (ROOT / "Makefile").read_text(encoding="utf-8"), re.DOTALL)
    assert scan is not None
    assert entries["secrets"].split()[1:] == scan[1].replace("\\\n", "").replace("$$", "$").split()
