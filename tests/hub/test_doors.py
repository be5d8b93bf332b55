"""Distilled sets to and from the Hub, end to end: a server on this machine and the Hub's own client."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import attrs
import pytest
import torch
from helpers.distilled_sets import CLASSES, made, same
from helpers.hub_server import TOKEN, Fault, HubServer, hub  # noqa: F401
from pyarrow import parquet

from matchzoo import hub as door
from matchzoo.cli.main import main
from matchzoo.core.errors import MatchZooError
from matchzoo.hub.distilled import DistilledDataset
from matchzoo.hub.folders import shard
from matchzoo.hub.folders.set_schema import NAMES, TENSORS
from matchzoo.models.classifiers.stored_head import Head

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's own, on LFS uploads
REPO = "tester/set"
AT = f"datasets/{REPO}"


@pytest.fixture(autouse=True)
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setenv("MATCHZOO_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between the client's tries


def tensors_of(distilled: DistilledDataset) -> tuple[list, list]:
    return distilled.images.tolist(), distilled.labels.tolist()


@pytest.mark.parametrize("lfs", [1 << 40, 2000])
@pytest.mark.parametrize("soft", [False, True])
def test_push_and_pull(lfs: int, soft: bool, hub: HubServer) -> None:  # noqa: F811
    hub.lfs = lfs
    distilled = made(soft)
    done = door.push(distilled, REPO, license="CC-BY-4.0")
    assert done.commit == hub.branches[AT]["main"]
    assert set(hub.commits[AT][done.commit]) == {*NAMES, ".gitattributes"}
    assert len(hub.commits[AT]) == 2  # the one that made the repository, and one
    assert bool([one for one in hub.requests if one.startswith("PUT /lfs/")]) == (lfs == 2000)
    again = door.pull(REPO)
    assert again.repository == {"repo": REPO, "revision": "main", "commit": done.commit}
    assert same(attrs.evolve(again, repository=None), attrs.evolve(distilled, license="CC-BY-4.0"))
    assert same(again, DistilledDataset.load(REPO))
    card = hub.commits[AT][done.commit]["README.md"].read_text()
    assert f'hub.pull("{REPO}")' in card
    assert "license: cc-by-4.0" in card
    assert not [one for one in hub.blobs.iterdir() if TOKEN.encode() in one.read_bytes()]


def test_revisions(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    from huggingface_hub import HfApi

    first, second = made(), attrs.evolve(made(), images=made().images.flip(0))
    one = door.push(first, REPO)
    HfApi().create_tag(REPO, tag="v1", repo_type="dataset")
    two = door.push(second, REPO)
    assert torch.equal(door.pull(REPO).images, second.images)
    for name, revision in ((REPO, one.commit), (f"{REPO}@v1", None), (REPO, "v1"), (f"{REPO}@{one.commit}", None)):
        pulled = door.pull(name, revision)
        assert torch.equal(pulled.images, first.images)
        assert pulled.repository["commit"] == one.commit
    door.pull(REPO).save(tmp_path / "kept")
    assert DistilledDataset.load(tmp_path / "kept").repository["commit"] == two.commit
    with pytest.raises(MatchZooError, match="the data set tester/set has no revision 'v3'"):
        door.pull(REPO, "v3")
    with pytest.raises(MatchZooError, match="says its revision already"):
        door.pull(f"{REPO}@v1", "v2")


def test_what_is_here_is_not_asked_for(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from huggingface_hub import constants

    commit = door.push(made(), REPO).commit
    door.pull(REPO)
    asked = len(hub.requests)
    door.pull(REPO, commit)
    assert not [one for one in hub.requests[asked:] if "resolve" in one]
    hub.close()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert door.pull(REPO).repository["commit"] == commit
    with pytest.raises(MatchZooError, match=r"is not in the Hub's cache here, .*: matchzoo pull"):
        door.pull("tester/other")
    with pytest.raises(MatchZooError, match="HF_HUB_OFFLINE"):
        door.push(made(), REPO)


def test_another_set_is_not_replaced(hub: HubServer) -> None:  # noqa: F811
    distilled = made()
    door.push(distilled, REPO)
    other = attrs.evolve(made(soft=True), recipe=distilled.recipe + "[trainer]\nsteps = 3\n")
    with pytest.raises(MatchZooError, match=r"holds a distilled set of another recipe; .*--force"):
        door.push(other, REPO)
    moved = attrs.evolve(made(soft=True), recipe=distilled.recipe + '[trainer]\ndevice = "cuda"\n')
    other_device = attrs.evolve(moved, recipe=moved.recipe.replace("cuda", "cpu"))
    door.push(moved, REPO, force=True)
    door.push(attrs.evolve(other_device, images=other_device.images.flip(0)), REPO)
    before = hub.branches[AT]["main"]
    door.push(other, REPO, force=True)
    assert torch.equal(door.pull(REPO).labels, other.labels)
    assert door.pull(REPO, before).repository["commit"] == before
    hub.add("datasets/tester/pets", {"a.csv": hub.blob(b"a,b")})
    with pytest.raises(MatchZooError, match=r"holds files that are no distilled set \(a\.csv\)"):
        door.push(distilled, "tester/pets")


def test_a_push_leaves_nothing_over(hub: HubServer) -> None:  # noqa: F811
    distilled = made()
    head = Head(weight=torch.rand(3, 4), bias=torch.rand(3), backbone="efficientnet-lite0")
    door.push(attrs.evolve(distilled, head=head), REPO)
    assert door.pull(REPO).head is not None
    done = door.push(distilled, REPO, license="MIT")
    assert done.notes == ("deleted there: head.safetensors",)
    assert set(hub.commits[AT][done.commit]) == {*NAMES, ".gitattributes"}
    assert door.pull(REPO).head is None
    blob = hub.blob(b"a")
    kept = ("data/test-0.parquet", "data/train-a/b.parquet", "old/data/train-0.parquet", "train-0.csv", "config.json")
    gone = ("data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet")
    hub.add("datasets/tester/pets", dict.fromkeys((*kept, *gone, "README.md"), blob))
    assert door.push(distilled, "tester/pets", force=True).notes[-1] == f"deleted there: {', '.join(gone)}"
    there = hub.commits["datasets/tester/pets"][hub.branches["datasets/tester/pets"]["main"]]
    assert set(there) == {*NAMES, *kept}
    assert [there[name] for name in kept] == [blob] * len(kept)
    assert same(attrs.evolve(door.pull("tester/pets"), repository=None), distilled)


def test_a_public_repository_is_not_taken_for_a_private_one(hub: HubServer) -> None:  # noqa: F811
    door.push(made(), REPO)
    before = len(hub.requests)
    with pytest.raises(MatchZooError, match=r"is public, .*nothing was uploaded: make it private in its settings"):
        door.push(made(), REPO, private=True, force=True)
    assert not [one for one in hub.requests[before:] if "commit" in one or "lfs" in one]
    hub.private.add(AT)
    door.push(made(), REPO, private=True)
    door.push(made(), REPO)  # stays private
    assert hub.private == {AT}


def test_private_repositories(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    door.push(made(), REPO, private=True)
    assert hub.private == {AT}
    assert len(door.pull(REPO)) == 6
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(MatchZooError, match="hf auth login") as caught:
        door.pull(REPO, "main")
    assert "hf_wrong" not in str(caught.value)
    with pytest.raises(MatchZooError, match=r"push failed \(401\): the Hub does not know who you are: hf"):
        door.push(made(), "tester/new")


def test_dry_run_asks_nothing(hub: HubServer) -> None:  # noqa: F811
    done = door.push(made(), REPO, dry_run=True)
    assert (done.commit, set(done.files)) == ("", set(NAMES))
    assert done.notes == ("no license is chosen for the set (license, --license)",)
    assert hub.requests == []


def test_a_set_is_pushed_by_its_folder(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    """That of the set itself, or of the run that it lies in; a file will do."""
    distilled = made()
    distilled.save(tmp_path / "run/distilled")
    distilled.save(tmp_path / "tensors.safetensors")
    for source in (tmp_path / "run", str(tmp_path / "run/distilled"), tmp_path / "tensors.safetensors"):
        done = door.push(source, REPO, dry_run=True)
        assert set(done.files) == set(NAMES)
    assert hub.requests == []
    door.push(tmp_path / "run", REPO)
    assert same(attrs.evolve(door.pull(REPO), repository=None), distilled)
    with pytest.raises(MatchZooError, match="there is no such run, distilled set or folder of images"):
        door.push(tmp_path / "none", REPO)


def test_the_door_is_light() -> None:
    names = [
        "DistilledDataset",
        "Model",
        "ModelProjector",
        "Pushed",
        "is_name",
        "kind_of",
        "pull",
        "pull_model",
        "push",
        "push_model",
    ]
    program = (
        "import sys\nfrom matchzoo import hub\n"
        "assert not {'torch', 'pyarrow', 'numpy', 'huggingface_hub'} & set(sys.modules)\n"
        f"assert set({names}) <= set(dir(hub))\n"
        f"assert all(getattr(hub, name) for name in {names})\n"
        "assert not {'torchvision', 'timm', 'torch._dynamo'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_names(hub: HubServer) -> None:  # noqa: F811
    for name in ("set", "a/b/c", "../set", "a b/c", "tester/se..t"):
        with pytest.raises(MatchZooError, match="expected user/name"):
            door.pull(name)
        with pytest.raises(MatchZooError, match="expected user/name"):
            door.push(made(), name)
    with pytest.raises(MatchZooError, match="a set is pushed to main"):
        door.push(made(), f"{REPO}@v1")
    with pytest.raises(MatchZooError, match="there is no data set tester/set on the Hub"):
        door.pull(REPO)
    with pytest.raises(MatchZooError, match="no such folder here; on the Hub: there is no data set tester/set"):
        DistilledDataset.load(REPO)


DOWN = {
    "401": (Fault("GET .*/revision/", 401), "hf auth login"),
    "403": (Fault("GET .*/revision/", 403), r"failed \(403\): your token has no right to do this"),
    "404": (Fault("GET .*/revision/", 404, {"X-Error-Code": "RepoNotFound"}), "there is no data set"),
    "429": (Fault("GET .*/revision/", 429, {"Retry-After": "1"}, times=9), r"failed \(429\): too many requests: wait"),
    "500": (Fault("GET .*/revision/", 500, times=9), r"failed \(500\): the Hub has a fault of its own; .*pull again"),
    "file 500": (Fault("GET .*/resolve/.*parquet", 500, times=20), r"pull failed \(500\): the Hub has a fault"),
    "file 403": (Fault("HEAD .*/resolve/.*parquet", 403, times=20), r"pull failed \(403\): your token has no right"),
    "cut": (Fault("GET .*/resolve/.*safetensors", kind="cut", times=20), "connection broke|pull failed"),
    "bytes": (
        Fault("GET .*/resolve/.*safetensors", kind="bytes", times=9),
        "fetched twice; .*refused as a",
    ),
    "too slow": (
        Fault("GET .*/resolve/.*safetensors", kind="slow", seconds=0.6, times=40),
        "connection broke .*(Timeout|timed out)",
    ),
}


@pytest.mark.parametrize("case", DOWN)
def test_faults_on_the_way_down(
    case: str,
    hub: HubServer,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.2 if case == "too slow" else 10)
    door.push(made(), REPO)
    fault, message = DOWN[case]
    hub.fault = attrs.evolve(fault)
    with pytest.raises(SystemExit, match="2"):
        main(["pull", REPO, "--output", str(tmp_path / "set")])
    assert not (tmp_path / "set").exists()
    hub.fault = attrs.evolve(fault)
    with pytest.raises(MatchZooError, match=message):
        door.pull(REPO)
    hub.fault = None
    assert same(attrs.evolve(door.pull(REPO), repository=None), made())


BORNE = {
    "429": Fault("GET .*/resolve/.*safetensors", 429, {"Retry-After": "1"}),
    "500": Fault("GET .*/tree/", 500),
    "cut": Fault("GET .*/resolve/.*safetensors", kind="cut"),
    "bytes": Fault("GET .*/resolve/.*safetensors", kind="bytes"),
    "slow": Fault("GET .*/resolve/.*", kind="slow", seconds=0.3, times=2),
}


PATIENT = {"500": (2, 1), "cut": (1, 20)}
"""From which version on the client tries again by itself."""
CLIENT = tuple(int(part) for part in version("huggingface-hub").split(".")[:2])


@pytest.mark.parametrize("case", BORNE)
def test_faults_that_pass(case: str, hub: HubServer) -> None:  # noqa: F811
    door.push(made(), REPO)
    hub.fault = attrs.evolve(BORNE[case])
    if PATIENT.get(case, CLIENT) > CLIENT:
        with pytest.raises(MatchZooError, match=r"download again|connection broke"):
            door.pull(REPO)
    assert same(attrs.evolve(door.pull(REPO), repository=None), made())
    assert hub.fault.times < BORNE[case].times


UP = {
    "create 401": (Fault("POST /api/repos/create", 401), r"\(401\): the Hub does not know who you are"),
    "create 403": (Fault("POST /api/repos/create", 403), r"\(403\): your token has no right"),
    "preupload 500": (Fault("POST .*/preupload/", 500, times=9), r"\(500\): the Hub has a fault of its own; nothing"),
    "commit 403": (Fault("POST .*/commit/", 403), r"\(403\): your token has no right"),
    "commit 412": (Fault("POST .*/commit/", 412), r"\(412\): somebody else has pushed meanwhile"),
    "commit 429": (Fault("POST .*/commit/", 429, {"Retry-After": "1"}, times=9), r"\(429\): too many requests"),
    "commit 500": (Fault("POST .*/commit/", 500, times=9), r"\(500\): the Hub has a fault of its own; nothing"),
    "commit cut": (Fault("POST .*/commit/", kind="cut", times=9), "the connection broke"),
    "lfs batch 500": (Fault("POST .*/objects/batch", 500, times=9), r"\(500\)|the push failed"),
    "lfs put 500": (Fault("PUT /lfs/", 500, times=99), "the push failed|connection broke"),
}


@pytest.mark.parametrize("case", UP)
def test_faults_on_the_way_up(case: str, hub: HubServer) -> None:  # noqa: F811
    hub.lfs = 2000 if "lfs" in case else hub.lfs
    fault, message = UP[case]
    hub.fault = attrs.evolve(fault)
    with pytest.raises(MatchZooError, match=message) as caught:
        door.push(made(), REPO)
    assert TOKEN not in str(caught.value)
    held = [name for commit in hub.commits.get(AT, {}).values() for name in commit]
    assert held in ([], [".gitattributes"])
    hub.fault = None
    door.push(made(), REPO)
    assert same(attrs.evolve(door.pull(REPO), repository=None), made())


def test_our_side_is_full(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    import huggingface_hub

    door.push(made(), REPO)
    plain = huggingface_hub.snapshot_download

    def full(*words: object, **more: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", full)
    with pytest.raises(MatchZooError, match=r"failed here: No space left on device: free some, .*; then pull again"):
        door.pull(REPO)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", plain)
    assert len(door.pull(REPO)) == 6


def test_sets_of_others(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    distilled = made()
    distilled.save(tmp_path / "set")
    distilled.export(tmp_path / "images")
    shard = tmp_path / "set/data/train-00000-of-00001.parquet"
    hub.add("datasets/other/parquet", {"data/train-00000-of-00001.parquet": shard})
    pictures = {p.relative_to(tmp_path / "images").as_posix(): p for p in (tmp_path / "images").rglob("*.png")}
    hub.add("datasets/other/images", pictures)
    found = DistilledDataset.load("other/parquet")
    assert (found.class_names, found.unknown) == (CLASSES, ("preprocessing",))
    assert torch.equal(found.images, (distilled.images * 255).round() / 255)
    assert torch.equal(found.labels, distilled.labels)
    assert found.repository["commit"] == hub.branches["datasets/other/parquet"]["main"]
    found = DistilledDataset.load("other/images", class_names=CLASSES)
    assert found.class_names == CLASSES
    assert found.labels.tolist() == sorted(distilled.labels.tolist())


def test_names_of_classes_that_were_bare_numbers(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    bare = attrs.evolve(made(), class_names=("0", "1", "2"), named=False)
    door.push(bare, REPO)
    assert door.pull(REPO).unknown == ("class names",)
    found = door.pull(REPO, class_names=CLASSES)
    assert (found.class_names, found.unknown) == (CLASSES, ())
    assert torch.equal(found.with_classes(CLASSES[::-1]).labels, 2 - bare.labels)
    with pytest.raises(MatchZooError, match="tester/set: 3 classes, but 2 class names are given"):
        door.pull(REPO, class_names=["a", "b"])
    (tmp_path / "names.txt").write_text("\n".join(CLASSES))
    main(["pull", REPO, "--class-names", str(tmp_path / "names.txt"), "--output", str(tmp_path / "set")])
    assert DistilledDataset.load(tmp_path / "set").class_names == CLASSES
    door.push(made(), "tester/named")
    for load in (door.pull, DistilledDataset.load):
        with pytest.raises(MatchZooError, match=r"^tester/named: says its class names \(zebra, .*; leave out class_n"):
            load("tester/named", class_names=CLASSES)


def test_options_of_sets_of_others(hub: HubServer, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:  # noqa: F811
    made().save(tmp_path / "set")
    table = parquet.read_table(tmp_path / "set" / shard.NAME).replace_schema_metadata(None)
    parquet.write_table(table, tmp_path / "plain.parquet")
    parquet.write_table(table.rename_columns(["img", "fine"]), tmp_path / "renamed.parquet")
    of = {"a/train-0.parquet": tmp_path / "plain.parquet", "b/train-0.parquet": tmp_path / "renamed.parquet"}
    hub.add("datasets/other/two", of)
    named = r"\(--{} of matchzoo pull\): "
    for chosen, message in {
        (): "config " + named.format("config") + "it has several configurations, choose one: a, b",
        ("c",): "config " + named.format("config") + "there is no configuration 'c'",
        ("b",): "image_column " + named.format("image-column") + ".*there is no column 'image'; did you mean 'img'",
        ("b", "fine"): "image_column " + named.format("image-column") + ".*images as bytes in the column 'fine'",
        ("b", "img"): "label_column " + named.format("label-column") + ".*there is no column 'label'",
        ("b", "img", "img"): "label_column " + named.format("label-column") + ".*expected whole numbers or text",
    }.items():
        options = dict(zip(("config", "image_column", "label_column"), chosen, strict=False))
        for load in (door.pull, DistilledDataset.load):
            with pytest.raises(MatchZooError, match=message):
                load("other/two", **options)
    options = {"config": "b", "image_column": "img", "label_column": "fine"}
    for found in (
        door.pull("other/two", **options),
        DistilledDataset.load("other/two", **options),
        DistilledDataset.load(tmp_path / "renamed.parquet", image_column="img", label_column="fine"),
        door.pull("other/two", config="a"),
    ):
        assert torch.equal(found.images, (made().images * 255).round() / 255)
        assert torch.equal(found.labels, made().labels)
    words = ["--config", "b", "--image-column", "img", "--label-column", "fine", "--kind", "dataset"]
    main(["pull", "other/two", *words, "--output", str(tmp_path / "pulled")])
    assert "6 images of 12x12 pixels" in capsys.readouterr().out
    hub.add("datasets/other/none", {"a.csv": tmp_path / "plain.parquet"})
    with pytest.raises(MatchZooError, match=r"^the data set: .* revision \(--revision of matchzoo pull\) = 'refs/conv"):
        door.pull("other/none")
    (tmp_path / "README.md").write_text("---\nconfigs:\n- config_name: x\n  data_files: {}\n---\n")
    hub.add("datasets/other/empty", {**of, "README.md": tmp_path / "README.md"})
    with pytest.raises(MatchZooError, match=r"README\.md: names no files of the configuration 'x'"):
        door.pull("other/empty")


def test_a_hostile_repository_is_refused(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    made().save(tmp_path / "set")
    files = {name: tmp_path / "set" / name for name in NAMES}
    (tmp_path / "pickle").write_bytes(b"\x80\x04")
    hub.add(AT, {**files, TENSORS: tmp_path / "pickle", "set.py": tmp_path / "pickle"})
    with pytest.raises(MatchZooError, match=f"{TENSORS}: cannot be read as safetensors"):
        door.pull(REPO)
    assert not [request for request in hub.requests if "set.py" in request]


def test_load_dataset(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    datasets = pytest.importorskip("datasets")
    distilled = made()
    door.push(distilled, REPO)
    program = (
        "import json, datasets, numpy\n"
        f"d = datasets.load_dataset('{REPO}', split='train', cache_dir={str(tmp_path / 'd')!r})\n"
        "pixels = [numpy.array(image).transpose(2, 0, 1).tolist() for image in d['image']]\n"
        "print(json.dumps([d.features['label'].names, list(d['label']), pixels]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    pixels = (distilled.images * 255).round().int().tolist()
    assert json.loads(done.stdout.splitlines()[-1]) == [list(CLASSES), distilled.labels.tolist(), pixels]
    assert datasets.__version__


def test_evaluated_after_a_pull_as_before(
    hub: HubServer,  # noqa: F811
    lgm: dict,
    tiny_card: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from matchzoo.recipes.recipe import Recipe

    monkeypatch.chdir(tmp_path)
    lgm["trainer"]["steps"], lgm["evaluation"] = 2, []
    run = Recipe.of(lgm).run(tmp_path / "run", quiet=True, name="lgm")
    assert run.distilled.source["license"] == "CC-BY-4.0"
    assert run.distilled.backbones[0]["card"] == str(tiny_card)
    main(["push", "run", REPO, "--license", "MIT", "--dry-run"])
    assert "nothing was uploaded" in capsys.readouterr().out
    main(["push", "run", REPO, "--license", "MIT"])
    said = capsys.readouterr().out
    assert "recipe.toml will show paths of this machine" in said
    main(["pull", REPO, "--output", "pulled"])
    assert "10 images of 8x8 pixels" in capsys.readouterr().out
    words = ["--backbone", str(tiny_card), "--protocol", "k-nn", "--quiet"]
    commit = hub.branches[AT]["main"]
    main(["evaluate", "run", REPO, f"{REPO}@{commit}", "pulled", *words, "--output", "matrix.json"])
    records = json.loads((tmp_path / "matrix.json").read_text())["records"]
    assert len(records) == 4
    assert len({json.dumps(record["top1"]) for record in records}) == 1
    assert {record["made_with"] for record in records} == {"tiny"}
    main(["evaluate", REPO, *words, "--output", "alone.json"])  # needs no other flag
