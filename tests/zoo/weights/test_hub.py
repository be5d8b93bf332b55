"""A backbone that timm itself pushes to the Hub, loaded through a card of ours."""

from pathlib import Path

import pytest
import timm
import torch
from helpers.hub_server import TOKEN, HubServer, hub  # noqa: F401

from matchzoo import zoo
from matchzoo.core.errors import MatchZooError
from matchzoo.core.spec import Spec
from matchzoo.projectors import Backbone

CARD = """
architecture = "test_vit"
features = 64
size = 160
fixed = true
mean = [0.5, 0.5, 0.5]
std = [0.25, 0.25, 0.25]
mapping = "{mapping}"
license = "Apache-2.0"
source = "pushed by a test"
weights = {{ kind = "hub", repo = "tester/vit", revision = "{revision}" }}
"""


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's own, on LFS uploads
@pytest.mark.parametrize(("mapping", "classes", "lfs"), [("timm", 5, 1000), ("exact", 1000, 1 << 40)])
def test_a_network_that_timm_pushed(
    mapping: str,
    classes: int,
    lfs: int,
    hub: HubServer,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from huggingface_hub import constants, hf_api
    from timm.models import push_to_hf_hub

    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(hf_api.api, "endpoint", hub.url)  # timm calls the functions of the module
    hub.lfs = lfs
    torch.manual_seed(3)
    network = timm.create_model("test_vit", num_classes=classes).eval()
    push_to_hf_hub(network, "tester/vit", model_config={"license": "apache-2.0"})
    commit = hub.branches["tester/vit"]["main"]
    assert {"config.json", "model.safetensors", "README.md"} <= set(hub.commits["tester/vit"][commit])
    assert bool([one for one in hub.requests if one.startswith("PUT /lfs/")]) == (lfs == 1000)
    path = tmp_path / "vit.toml"
    path.write_text(CARD.format(mapping=mapping, revision="main"))
    x = torch.rand(2, 3, 160, 160, generator=torch.Generator().manual_seed(4))
    with torch.no_grad():
        expected = network.forward_head(network.forward_features((x - 0.5) / 0.25), pre_logits=True)
    backbone = Backbone(card=str(path))
    assert backbone.build(Spec(shape=(3, 160, 160), classes=2)) == 64
    torch.testing.assert_close(backbone.project(x), expected, rtol=1e-4, atol=1e-5)  # channels-last
    network = zoo.network(zoo.load(str(path), zoo.BackboneCard))
    with torch.no_grad():
        assert torch.equal(network((x - 0.5) / 0.25), expected)  # laid out as timm's own, to the last bit
    origin = backbone.origin()["weights"]
    assert (origin["repo"], origin["commit"]) == ("tester/vit", commit)
    assert not [one for one in hub.requests if one.startswith("GET") and ".bin" in one]  # the pickle beside it
    asked = len(hub.requests)
    path.write_text(CARD.format(mapping=mapping, revision=commit))
    assert Backbone(card=str(path)).build(Spec(shape=(3, 160, 160), classes=2)) == 64
    assert not [one for one in hub.requests[asked:] if one.startswith("GET")]
    path.write_text(CARD.format(mapping=mapping, revision="v9"))
    with pytest.raises(MatchZooError, match=r"weights\.revision: the model tester/vit has no revision 'v9'"):
        Backbone(card=str(path)).build(Spec(shape=(3, 160, 160), classes=2))
