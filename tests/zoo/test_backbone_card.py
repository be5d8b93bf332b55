"""Every backbone card: what it pins, gradients to the pixels, and its weights through a Hub on this machine.

The published checkpoints are not on the machines that run these tests. What stands in for them are files of the exact
layout that each repository keeps (timm's own; DINOv2 with the position embeddings of 518 pixels; MoCo-v3 with the head
that it was saved with) and random values. All cards are loaded from such a layout on torch's meta device, and one
full-size network of each loading path goes through the server, the cache, the reader and timm's conversion.
"""

import functools
import hashlib
import tomllib
import urllib.request
from pathlib import Path

import attrs
import pytest
import timm
import torch
from helpers.hub_server import Fault, HubServer, hub  # noqa: F401
from safetensors.torch import save_file

from matchzoo import zoo
from matchzoo.cli import main
from matchzoo.core import shipped
from matchzoo.core.declaration.structuring import structure, to_table
from matchzoo.core.declaration.toml import write_toml
from matchzoo.core.errors import DeclarationError, MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.projectors import Backbone
from matchzoo.projectors.backbone import IMAGENET
from matchzoo.zoo import architectures
from matchzoo.zoo.backbone_card import Arguments, BackboneCard, Verified
from matchzoo.zoo.verification import differences, examine, picture
from matchzoo.zoo.weights import FileWeights, HubWeights, RandomWeights, TorchvisionWeights, UrlWeights
from matchzoo.zoo.weights.keys import layout, renamed

NAMES = [zoo.short_name(name) for name in zoo.names("backbones/*")]
LARGE = {"clip-vit-l14", "dinov2-vit-l14", "eva02-l14", "mocov3-vit-l16"}
ALIKE = {
    *LARGE,
    "clip-vit-b16",
    "dino-vit-b16",
    "dino-vit-b8",
    "dino-vit-s8",
    "dinov2-vit-b14",
    "eva02-b14",
    "eva02-s14",
}
"""Cards of the network of another card, at another size."""
State = dict[str, torch.Tensor]


def published(card: BackboneCard) -> State:
    """The layout of the file that a card names, on the meta device."""
    if card.library == "torchvision":
        import torchvision

        with torch.device("meta"):
            return torchvision.models.get_model(card.architecture, weights=None).state_dict()
    if card.library == "torch-fidelity":  # into which pytorch-fid loads the same file
        from torchvision.models import inception_v3

        with torch.device("meta"):
            return inception_v3(weights=None, num_classes=1008, aux_logits=False, init_weights=False).state_dict()
    arguments = {} if card.mapping == "by-order" else {"num_classes": card.arguments.num_classes or 0}
    with torch.device("meta"):
        state = timm.create_model(card.architecture, pretrained=False, **arguments).state_dict()
        if card.architecture.startswith("vit_") and "." not in card.architecture:
            state |= {"head.weight": torch.empty(1000, card.features), "head.bias": torch.empty(1000)}
    return state


def filled(state: State, seed: int = 0) -> State:
    """Small positive values in a layout (variances of batch norms must be positive)."""
    rng = torch.Generator().manual_seed(seed)
    return {
        key: torch.empty(value.shape).uniform_(0.01, 0.03, generator=rng)
        if value.dtype.is_floating_point
        else torch.zeros(value.shape, dtype=value.dtype)
        for key, value in state.items()
    }


# cards


def test_the_backbones_of_the_paper_are_there() -> None:
    families = ("clip-vit-b16", "dinov2-vit-b14", "eva02-b14", "mocov3-vit-b16", "dinov3-vit-b16", "dino-vit-b16")
    assert set(families) <= set(NAMES)
    assert [zoo.short_name(name) for name in zoo.names("clip-*")] == [
        "clip-rn50",
        "clip-vit-b16",
        "clip-vit-b32",
        "clip-vit-l14",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_complete_and_round_trips(name: str) -> None:
    card = zoo.load(name)
    table = to_table(card)
    assert to_table(structure(tomllib.loads(write_toml(table)), BackboneCard)) == table
    assert card.parameters
    assert len(card.layout or "") == 64
    assert card.license
    assert card.source
    assert card.paper
    summary = shipped.header(zoo.find(name)[0]).split("\n")[0]
    assert 20 < len(summary) < 120
    assert summary.endswith(".")
    assert (card.verified is not None) == isinstance(getattr(card.weights, "package", None), str)


@pytest.mark.parametrize("name", NAMES)
def test_a_card_pins_its_network(name: str) -> None:
    """On the meta device: parameters, layout and features, and which sizes of images it takes."""
    card = zoo.load(name)
    network = zoo.blank(card)
    assert sum(p.numel() for p in network.parameters()) == card.parameters
    assert layout(network.state_dict()) == card.layout
    with torch.device("meta"), torch.no_grad():
        assert network(torch.empty(2, 3, card.size, card.size)).shape == (2, card.features)
        other = card.size - (56 if card.fixed else 32)
        if card.fixed:
            with pytest.raises((AssertionError, RuntimeError)):
                network(torch.empty(2, 3, other, other))
        else:
            assert network(torch.empty(2, 3, other, other)).shape == (2, card.features)
    assert bool(card.refuses(other, other)) == card.fixed
    assert not card.refuses(card.size, card.size)


@pytest.mark.parametrize("name", [n for n in NAMES if zoo.load(n).library == "timm"])
def test_colors_are_those_that_timm_knows(name: str) -> None:
    card = zoo.load(name)
    config = timm.models.get_pretrained_cfg(card.architecture)
    if name.startswith("mocov3"):
        assert (card.mean, card.std) == IMAGENET  # timm's default for the architecture is 0.5
    else:
        assert (card.mean, card.std) == (config.mean, config.std)
        assert card.interpolation == config.interpolation
        assert isinstance(card.weights, HubWeights) is (card.mapping == "timm")
        if isinstance(card.weights, HubWeights):
            assert card.weights.repo == config.hf_hub_id


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in LARGE else n for n in NAMES])
def test_gradients_reach_the_pixels(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The network with random weights, through the projector; of a transformer two blocks, which are all alike."""
    table = to_table(attrs.evolve(zoo.load(name), weights=RandomWeights()))
    if table["architecture"].startswith(("vit_", "eva02_")):
        monkeypatch.setattr(timm, "create_model", functools.partial(timm.create_model, depth=2))
        monkeypatch.setattr(architectures, "_checked", lambda card, network: network)
    path = tmp_path / "card.toml"
    path.write_text(write_toml(table))
    backbone = Backbone(card=str(path))
    size = table["size"]
    assert backbone.build(Spec(shape=(3, size, size), classes=2)) == table["features"]
    x = picture(size).requires_grad_()
    features = backbone.project(x)
    assert features.shape == (1, table["features"])
    features.square().sum().backward()
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()
    assert (x.grad.abs().amax((0, 2, 3)) > 0).all()
    assert all(p.grad is None for p in backbone.parameters())


# loading


@pytest.mark.parametrize("name", NAMES)
def test_a_published_layout_becomes_the_cards(name: str) -> None:
    """Every card on the meta device: renaming, timm's conversion and the strict load, without the values."""
    card = zoo.load(name)
    with torch.device("meta"):
        network = architectures.build(card, published(card))
    assert layout(network.state_dict()) == card.layout


@pytest.mark.parametrize("name", [n for n in NAMES if zoo.load(n).mapping == "timm" and n not in ALIKE])
def test_nothing_may_be_missing_or_left_over(name: str) -> None:
    card = zoo.load(name)
    state = published(card)
    last = [key for key in state if not key.startswith("head.") and "num_batches" not in key][-1]
    with torch.device("meta"):
        with pytest.raises(MatchZooError, match="the weights do not fit"):
            architectures.build(card, {key: value for key, value in state.items() if key != last})
        with pytest.raises(MatchZooError, match="the weights do not fit"):
            architectures.build(card, {**state, "surplus": torch.empty(1)})


FULL = ["clip-rn50", "dinov2-vit-s14", "eva02-t14", "dino-vit-s8"]


@pytest.mark.parametrize("name", FULL)
def test_a_full_size_file_from_the_hub(name: str, hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    """The real file name and every tensor at its real size: server, cache, reader, conversion, network."""
    card = zoo.load(name)
    assert isinstance(card.weights, HubWeights)
    state = filled(published(card))
    file = tmp_path / "model.safetensors"
    save_file(state, file)
    commit = hub.add(card.weights.repo, {card.weights.file: file})
    assert card.weights.needs()
    assert card.bring(name) == f"matchzoo doctor --fetch {name}"
    network = zoo.network(card)
    loaded = network.state_dict()
    for key, value in loaded.items():
        if key == "pos_embed" and value.shape != state[key].shape:
            assert (state[key].shape[1], value.shape[1]) == (1 + 37**2, 1 + 16**2)
            torch.testing.assert_close(value[:, 0], state[key][:, 0])
            torch.testing.assert_close(value.mean(), state[key].mean(), rtol=1e-3, atol=0)
        else:
            assert torch.equal(value, state[key]), key
    assert "state_dict" not in network.pretrained_cfg
    assert not card.weights.needs()
    assert card.weights.commit() == commit
    asked = len(hub.requests)
    assert card.weights.cached() == card.weights.fetch()
    assert len(hub.requests) == asked
    expected = [f"{method} /{card.weights.repo}/resolve/main/model.safetensors" for method in ("HEAD", "GET")]
    assert [request for request in hub.requests if "/resolve/" in request] == expected


def test_openai_names_become_timms() -> None:
    """CLIP's original names and shapes, as OpenAI's archive has them, give the card's layout."""
    with torch.device("meta"):
        state: State = {
            "visual.class_embedding": torch.empty(768),
            "visual.positional_embedding": torch.empty(197, 768),
            "visual.proj": torch.empty(768, 512),
            "visual.conv1.weight": torch.empty(768, 3, 16, 16),
        }
        for norm in ("visual.ln_pre", "visual.ln_post"):
            state |= {f"{norm}.weight": torch.empty(768), f"{norm}.bias": torch.empty(768)}
        shapes = {
            "attn.in_proj_weight": (2304, 768), "attn.in_proj_bias": (2304,), "attn.out_proj.weight": (768, 768),
            "attn.out_proj.bias": (768,), "ln_1.weight": (768,), "ln_1.bias": (768,), "ln_2.weight": (768,),
            "ln_2.bias": (768,), "mlp.c_fc.weight": (3072, 768), "mlp.c_fc.bias": (3072,),
            "mlp.c_proj.weight": (768, 3072), "mlp.c_proj.bias": (768,),
        }  # fmt: skip
        for i in range(12):
            state |= {f"visual.transformer.resblocks.{i}.{k}": torch.empty(s) for k, s in shapes.items()}
        card = zoo.load("clip-vit-b16")
        assert layout(architectures.build(card, state).state_dict()) == card.layout


def test_position_embeddings_are_resampled_to_a_size_of_ones_own() -> None:
    """What the message on sizes proposes: a copy of the card with size and img_size, and nothing pinned."""
    card = zoo.load("dinov2-vit-s14")
    own = attrs.evolve(card, size=112, arguments=Arguments(img_size=112), parameters=None, layout=None)
    state = published(card)
    with torch.device("meta"), torch.no_grad():
        network = architectures.build(own, state)
        assert network(torch.empty(1, 3, 112, 112)).shape == (1, 384)
        with pytest.raises(MatchZooError, match=r"parameters is \d+, but the card says 21628800"):
            architectures.build(attrs.evolve(own, parameters=card.parameters), state)


def test_eva02_of_masked_modelling_has_its_norm_moved() -> None:
    card = zoo.load("eva02-t14")
    with torch.device("meta"):
        state = published(card)
        moved = {key.replace("fc_norm", "norm") if "fc_norm" in key else key: v for key, v in state.items()}
        moved |= {
            "mask_token": torch.empty(1, 1, 192),
            "lm_head.weight": torch.empty(8, 192),
            "lm_head.bias": torch.empty(8),
        }
        assert layout(architectures.build(card, moved).state_dict()) == card.layout


def test_revisions(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    for i, branch in enumerate(("main", "v2")):
        save_file({"x": torch.full((1,), float(i))}, tmp_path / f"{i}.safetensors")
        hub.add("owner/name", {"model.safetensors": tmp_path / f"{i}.safetensors"}, branch)
    old, new = (HubWeights(repo="owner/name", revision=r) for r in ("main", "v2"))
    assert old.state()["x"] == 0  # type: ignore[index]
    assert new.state()["x"] == 1  # type: ignore[index]
    assert old.commit() == hub.branches["owner/name"]["main"] != new.commit()
    origin = new.origin()
    assert origin["commit"] == hub.branches["owner/name"]["v2"]
    assert origin["sha256"] == hashlib.sha256((tmp_path / "1.safetensors").read_bytes()).hexdigest()
    by_commit = HubWeights(repo="owner/name", revision=new.commit())
    assert by_commit.state()["x"] == 1  # type: ignore[index]


def test_the_server_speaks_as_the_hub_does(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    """What the client's other calls need: listing, snapshots, data sets, parts of files."""
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download

    (tmp_path / "a.txt").write_bytes(bytes(range(200)))
    commit = hub.add("owner/name", {"a.txt": tmp_path / "a.txt", "deep/b.txt": tmp_path / "a.txt"})
    hub.add("datasets/owner/name", {"c.txt": tmp_path / "a.txt"})
    api = HfApi(endpoint=hub.url)
    assert sorted(api.list_repo_files("owner/name")) == ["a.txt", "deep/b.txt"]
    assert api.model_info("owner/name").sha == commit
    assert api.list_repo_files("owner/name", repo_type="dataset") == ["c.txt"]
    folder = Path(snapshot_download("owner/name"))
    assert (folder / "deep" / "b.txt").read_bytes() == bytes(range(200))
    assert Path(hf_hub_download("owner/name", "c.txt", repo_type="dataset")).stat().st_size == 200
    request = urllib.request.Request(f"{hub.url}/owner/name/resolve/{commit}/a.txt", headers={"Range": "bytes=10-19"})
    with urllib.request.urlopen(request) as answer:
        assert (answer.status, answer.read()) == (206, bytes(range(10, 20)))


def weights(hub: HubServer, tmp_path: Path, **changes: str) -> HubWeights:  # noqa: F811
    save_file({"x": torch.ones(3)}, tmp_path / "a.safetensors")
    hub.add("owner/name", {"model.safetensors": tmp_path / "a.safetensors"})
    return HubWeights(**{"repo": "owner/name", **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"repo": "owner/other"}, "weights.repo: there is no model owner/other on the Hub, or it is private"),
        ({"revision": "v9"}, "weights.revision: the model owner/name has no revision 'v9'"),
        ({"file": "other.safetensors"}, "owner/name@main/other.safetensors: there is no such file in the repository"),
        ({"sha256": "0" * 64}, "but the card pins 0000.*hf download owner/name .* --force-download"),
        ({"repo": "not a name"}, "weights.repo: expected owner/name, got 'not a name'"),
    ],
)
def test_what_the_hub_refuses(changes: dict, message: str, hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    with pytest.raises(MatchZooError, match=message):
        weights(hub, tmp_path, **changes).state()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault("HEAD .*", 401), "hf auth login"),
        (Fault("HEAD .*", 403), r"download failed \(403\): your token has no right"),
        (Fault("HEAD .*", 429, {"Retry-After": "1"}, times=9), r"download failed \(429\): too many requests: wait"),
        (Fault("HEAD .*", 500, times=9), r"download failed \(500\): the Hub has a fault of its own; .*download again"),
        (Fault("GET .*", kind="cut", times=20), "the connection broke"),
    ],
)
def test_faults_of_the_hub(
    fault: Fault,
    message: str,
    hub: HubServer,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between the client's tries
    one = weights(hub, tmp_path)
    hub.fault = attrs.evolve(fault)
    with pytest.raises(MatchZooError, match=message):
        one.fetch()
    hub.fault = None
    assert one.state()["x"].tolist() == [1, 1, 1]  # type: ignore[index]


def test_a_pin_of_two_digits_is_none(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    digits = weights(hub, tmp_path).origin()["sha256"]
    assert weights(hub, tmp_path, sha256=digits[:8]).state()
    with pytest.raises(MatchZooError, match="expected 8 to 64 hexadecimal digits, got"):
        weights(hub, tmp_path, sha256=digits[:2]).state()


def test_terms_that_were_not_accepted(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    hub.gated.add("owner/name")
    with pytest.raises(MatchZooError, match=r"accept their terms .* hf auth login"):
        weights(hub, tmp_path).state()


def test_a_damaged_file(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "a.safetensors").write_bytes(b"\x10\x00 not a safetensors file at all")
    hub.add("owner/name", {"model.safetensors": tmp_path / "a.safetensors"})
    with pytest.raises(MatchZooError, match=r"cannot be read as safetensors .*--revision main --force-download"):
        HubWeights(repo="owner/name").state()


def test_offline(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from huggingface_hub import constants

    one = weights(hub, tmp_path)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    command = "hf download owner/name model.safetensors --revision main"
    with pytest.raises(MatchZooError, match=f"owner/name@main/model.safetensors: the Hub cannot .*{command}"):
        one.state()
    with pytest.raises(MatchZooError, match="matchzoo doctor --fetch dino-vit-s8"):
        Backbone(card="dino-vit-s8").build(Spec(shape=(3, 224, 224)))
    assert hub.requests == []
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    one.fetch()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert one.state()["x"].tolist() == [1, 1, 1]  # type: ignore[index]


# torch.hub's cache


@pytest.fixture
def torch_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


def test_a_url_with_its_hash(hub: HubServer, tmp_path: Path, torch_home: Path) -> None:  # noqa: F811
    card = zoo.load("resnet18")
    state = filled(published(card))
    torch.save(state, tmp_path / "made.pth")
    digits = hashlib.sha256((tmp_path / "made.pth").read_bytes()).hexdigest()
    name = f"resnet18-{digits[:8]}.pth"
    hub.add("owner/name", {name: tmp_path / "made.pth", "resnet18-0123abcd.pth": tmp_path / "made.pth"})
    url = f"{hub.url}/owner/name/resolve/main"
    one = UrlWeights(url=f"{url}/{name}")
    assert name in one.needs()
    network = zoo.network(attrs.evolve(card, weights=one))
    assert torch.equal(network.state_dict()["layer4.1.conv2.weight"], state["layer4.1.conv2.weight"])
    assert one.needs() == ""
    assert [p.name for p in torch_home.iterdir()] == [name]
    assert one.origin()["sha256"] == digits
    with pytest.raises(MatchZooError, match="is not the file that the card pins"):
        UrlWeights(url=f"{url}/resnet18-0123abcd.pth").state()
    with pytest.raises(MatchZooError, match="the download failed"):
        UrlWeights(url=f"{url}/none-0123abcd.pth").state()
    with pytest.raises(MatchZooError, match=r"nothing is downloaded without a hash; give weights\.sha256"):
        UrlWeights(url=f"{url}/none.pth").state()
    assert [p.name for p in torch_home.iterdir()] == [name]


def test_torchvisions_names(torch_home: Path) -> None:
    one = zoo.load("resnet50").weights
    assert isinstance(one, TorchvisionWeights)
    assert one._url().endswith(one.file)
    assert "resnet50-11ad3fa6.pth" in one.needs()
    torch_home.mkdir(parents=True)
    (torch_home / one.file).write_bytes(b"something else")
    assert one.needs() == ""
    with pytest.raises(MatchZooError, match=r"but the card pins 11ad3fa6; remove the file"):
        one.state()
    with pytest.raises(MatchZooError, match=r"torchvision knows no weights 'ResNet50_Weights.V9'"):
        TorchvisionWeights(name="ResNet50_Weights.V9", file="a-0123abcd.pth").fetch()
    with pytest.raises(MatchZooError, match=r"is resnet18-f37072fd.pth, not a-0123abcd.pth"):
        TorchvisionWeights(name="ResNet18_Weights.IMAGENET1K_V1", file="a-0123abcd.pth").fetch()


# keys


def test_renames() -> None:
    state = {"module.a.weight": torch.zeros(1), "module.head.weight": torch.zeros(1)}
    assert list(renamed(state, [(r"^module\.", ""), (r"^head\..*", ""), (r"^a\.", "b.")])) == ["b.weight"]
    with pytest.raises(MatchZooError, match="renames: two keys become 'x'"):
        renamed(state, [(r".+", "x")])
    with pytest.raises(MatchZooError, match=r"renames: '\(' → '': "):
        renamed(state, [("(", "")])


def test_a_card_with_renames(tmp_path: Path) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = timm.create_model("test_vit", num_classes=0)
    path = tmp_path / "a.safetensors"
    save_file({f"module.{key}": value for key, value in network.state_dict().items()}, path)
    table = {"architecture": "test_vit", "features": 64, "size": 160, "license": "none", "source": "made"}
    table |= {"weights": {"kind": "file", "path": str(path)}, "renames": [["^module\\.", ""]], "mapping": "timm"}
    x = torch.rand(1, 3, 160, 160)
    with torch.no_grad():
        expected = network.eval()(x)
        torch.testing.assert_close(zoo.network(structure(table, BackboneCard))(x), expected)
    del table["renames"]
    with pytest.raises(MatchZooError, match="the weights do not fit test_vit"):
        zoo.network(structure({**table, "renames": [["^", "odd."]]}, BackboneCard))


def test_an_architecture_that_changed_is_refused() -> None:
    card = attrs.evolve(zoo.load("mobilenetv2"), weights=RandomWeights())
    with pytest.raises(MatchZooError, match="parameters is 2223872, but the card says 5; if torchvision changed"):
        zoo.network(attrs.evolve(card, parameters=5))
    with pytest.raises(MatchZooError, match="the layout of the state is"):
        zoo.network(attrs.evolve(card, layout="0" * 64))
    with pytest.raises(MatchZooError, match="number of features is 1280, but the card says 7"):
        zoo.network(attrs.evolve(card, features=7))
    with pytest.raises(MatchZooError, match="torchvision knows no 'resnet19'; did you mean 'resnet1"):
        zoo.network(attrs.evolve(card, architecture="resnet19"))
    with pytest.raises(MatchZooError, match="only timm's architectures take them"):
        zoo.network(attrs.evolve(card, arguments=Arguments(img_size=64)))
    card = attrs.evolve(zoo.load("dino-vit-s8"), weights=RandomWeights())
    with pytest.raises(
        MatchZooError, match="timm knows no architecture 'vit_smal_patch8_224'; did you mean 'vit_small"
    ):
        zoo.network(attrs.evolve(card, architecture="vit_smal_patch8_224.dino"))
    with pytest.raises(MatchZooError, match=r"timm knows no 'vit_small_patch8_224.dinno'; did you mean .*dino"):
        zoo.network(attrs.evolve(card, architecture="vit_small_patch8_224.dinno"))
    card = attrs.evolve(zoo.load("efficientnet-lite0"), weights=RandomWeights(), arguments=Arguments(img_size=64))
    with pytest.raises(MatchZooError, match=r"does not take these arguments: .*img_size"):
        zoo.network(card)


# the projector


def test_sizes_that_do_not_fit(tiny_card: Path, lgm: dict) -> None:
    expected = (
        r"dino-vit-s8 takes images of 224x224 pixels only, but they are 64x64; set views.size or data.size to 224"
    )
    with pytest.raises(DeclarationError, match=expected):
        Backbone(card="dino-vit-s8").build(Spec(shape=(3, 64, 64)))
    with pytest.raises(DeclarationError, match=r"multiples of 16, but they are 100x100; .* to 96"):
        Backbone(card="dinov3-vit-b16").build(Spec(shape=(3, 100, 100)))
    path = tiny_card.parent / "odd.toml"
    path.write_text(tiny_card.read_text() + "multiple = 16\n")
    backbone = Backbone(card=str(path))
    backbone.build(Spec(shape=(3, 32, 32)))
    with pytest.raises(DeclarationError, match="multiples of 16, but they are 24x24"):
        backbone.project(torch.zeros(1, 3, 24, 24))
    from matchzoo.recipes.recipe import Recipe

    lgm["projector"]["card"] = str(path)
    with pytest.raises(DeclarationError, match="multiples of 16, but they are 8x8"):
        structure(lgm, Recipe).build()
    lgm["data"]["size"] = 32
    lgm["views"]["size"] = 24
    with pytest.raises(DeclarationError, match="multiples of 16, but they are 24x24"):
        structure(lgm, Recipe).build()
    lgm["views"]["size"] = 16
    structure(lgm, Recipe).build()


def test_normalization(tiny_card: Path) -> None:
    path = tiny_card.parent / "halves.toml"
    path.write_text(tiny_card.read_text() + "mean = [0.5, 0.5, 0.5]\nstd = [0.5, 0.5, 0.5]\n")
    own, imagenet = Backbone(card=str(path)), Backbone(card=str(path), normalization="imagenet")
    for backbone in (own, imagenet):
        backbone.build(Spec(shape=(3, 32, 32)))
    x = torch.rand(2, 3, 32, 32)
    mean, std = (torch.tensor(v)[:, None, None] for v in IMAGENET)
    with torch.no_grad():
        torch.testing.assert_close(own.project(x), own.network(2 * x - 1))
        torch.testing.assert_close(imagenet.project(x), own.network((x - mean) / std))


# verification


@pytest.mark.parametrize("name", [n for n in NAMES if zoo.load(n).verified])
def test_weights_that_are_here_do_what_their_card_records(name: str) -> None:
    card = zoo.load(name)
    if card.weights.needs():
        pytest.skip(card.weights.needs())
    found = examine(card)
    assert card.verified is not None
    assert differences(found, card.verified, card.features) == []


def test_verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        save_file(timm.create_model("test_vit", num_classes=0).state_dict(), tmp_path / "a.safetensors")
    card = tmp_path / "card.toml"
    card.write_text(
        'architecture = "test_vit"\nmapping = "timm"\nfeatures = 64\nsize = 160\nlicense = "none"\nsource = "made"\n'
        f'[weights]\nkind = "file"\npath = "{tmp_path / "a.safetensors"}"\n'
    )
    main.main(["doctor", "--verify", str(card)])
    said = capsys.readouterr().out
    assert "put this at the end of the card" in said
    card.write_text(card.read_text() + said[said.index("[verified]") :])
    main.main(["doctor", "--verify", str(card)])
    assert "its features are those of the card (torch" in capsys.readouterr().out
    main.main(["doctor", "--fetch", str(card)])
    assert "license: none" in capsys.readouterr().out
    recorded = zoo.load(str(card)).verified
    assert recorded is not None
    wrong = attrs.evolve(recorded, norm=recorded.norm * 1.1, sha256="0" * 64)
    assert len(differences(recorded, wrong, 64)) == 2
    moved = attrs.evolve(recorded, feature=(recorded.feature[0] + 0.1 * recorded.norm, *recorded.feature[1:]))
    assert ["a mean of features differs" in line for line in differences(recorded, moved, 64)] == [True]
    text = card.read_text().replace(f"norm = {recorded.norm}", f"norm = {recorded.norm * 2}")
    card.write_text(text)
    with pytest.raises(SystemExit):
        main.main(["doctor", "--verify", str(card)])
    assert "not what the card records: the features' norm is" in capsys.readouterr().err


def test_nothing_to_verify_or_fetch(tiny_card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(MatchZooError, match="no weights to verify"):
        examine(zoo.load(str(tiny_card)))
    main.main(["doctor", "--fetch", str(tiny_card)])
    assert "nothing to fetch" in capsys.readouterr().out


def test_the_picture_is_the_same_everywhere() -> None:
    made = picture(32)
    assert made.shape == (1, 3, 32, 32)
    assert (made.min(), made.max()) == (0, 1)
    expected = torch.tensor([[0.5, 0.5079, 0.5]])
    torch.testing.assert_close(made.mean((2, 3)), expected, rtol=0, atol=2e-2)


# the command line and the page


def test_list_says_what_matters(capsys: pytest.CaptureFixture[str]) -> None:
    main.main(["list", "dino-vit-s*"])
    said = capsys.readouterr().out
    assert said.count("384 features · 21.7 M parameters · 224 px only · Apache-2.0 · unverified") == 2
    assert "not here: matchzoo doctor --fetch dino-vit-s8\n" in said
    main.main(["list", "efficientnet-lite0"])
    said = capsys.readouterr().out
    assert "* efficientnet-lite0  EfficientNet-Lite0, trained" in said
    assert "1280 features · 3.4 M parameters · 224 px · Apache-2.0\n" in said


def test_origin(hub: HubServer, tmp_path: Path) -> None:  # noqa: F811
    card = attrs.evolve(zoo.load("dino-vit-s8"), weights=weights(hub, tmp_path))
    origin = card.origin()
    assert (origin["architecture"], origin["license"]) == ("vit_small_patch8_224.dino", "Apache-2.0")
    assert origin["weights"]["commit"] == hub.branches["owner/name"]["main"]
    backbone = Backbone(card="efficientnet-lite0")
    recorded = backbone.origin()
    assert (recorded["card"], recorded["weights"]["sha256"][:8]) == ("efficientnet-lite0", "57934424")
    assert FileWeights(path=str(tmp_path / "a.safetensors")).origin()["kind"] == "file"
    assert RandomWeights(seed=1).origin() == {"kind": "random", "seed": 1}
    assert isinstance(zoo.load("efficientnet-lite0").verified, Verified)
