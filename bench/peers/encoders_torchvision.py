"""Outputs of torchvision's networks with weights that anybody can compute: the figures of tests/EncoderTests.fs.

Value i of the tensor NAME is w = sin(0.7 i + 1.3 len(NAME)), then by kind: matrices and convolutions w sqrt(2 / fan in), scales of norms 1 + 0.1 w,
running variances 1 + 0.5 w^2, all else 0.1 w. The image is sin(0.05 i). Printed are six
values that are not 0 with their places, and the sum of all. Names are torchvision's for ResNets and timm's for the transformer.
    python3 encoders_torchvision.py
"""
import math
import torch
import torchvision


def values(name, shape):
    count = math.prod(shape)
    w = torch.sin(0.7 * torch.arange(count, dtype=torch.float64) + 1.3 * len(name)).reshape(shape)
    if len(shape) > 1 and not name.endswith(("_token", "pos_embed")):
        return w * math.sqrt(2.0 / math.prod(shape[1:]))
    if name.endswith("running_var"):
        return 1 + 0.5 * w * w
    if len(shape) == 1 and name.endswith("weight"):
        return 1 + 0.1 * w
    return 0.1 * w


def image(size):
    return torch.sin(0.05 * torch.arange(3 * size * size, dtype=torch.float64)).reshape(1, 3, size, size).float()


def show(name, out):
    out = out.flatten()
    places = torch.nonzero(out).flatten()
    places = places[:: len(places) // 6][:6].tolist()
    print(name, [(at, float(f"{out[at].item():.6g}")) for at in places], f"{out.sum().item():.6g}")


for name in ["resnet18", "resnet50"]:
    net = getattr(torchvision.models, name)(weights=None)
    net.fc = torch.nn.Identity()
    state = net.state_dict()
    for key in state:
        if not key.endswith("num_batches_tracked"):
            state[key] = values(key, tuple(state[key].shape)).float()
    net.load_state_dict(state)
    net.eval()
    with torch.no_grad():
        show(name, net(image(64)))

vit = torchvision.models.VisionTransformer(image_size=32, patch_size=8, num_layers=2, num_heads=3, hidden_dim=48, mlp_dim=192)
vit.heads = torch.nn.Identity()
names = {"class_token": "cls_token", "encoder.pos_embedding": "pos_embed", "conv_proj.weight": "patch_embed.proj.weight",
         "conv_proj.bias": "patch_embed.proj.bias", "encoder.ln.weight": "norm.weight", "encoder.ln.bias": "norm.bias"}
for i in range(2):
    block = f"encoder.layers.encoder_layer_{i}."
    for a, b in [("ln_1", "norm1"), ("ln_2", "norm2"), ("self_attention.out_proj", "attn.proj"), ("mlp.0", "mlp.fc1"), ("mlp.3", "mlp.fc2")]:
        for kind in ["weight", "bias"]:
            names[f"{block}{a}.{kind}"] = f"blocks.{i}.{b}.{kind}"
    names[f"{block}self_attention.in_proj_weight"] = f"blocks.{i}.attn.qkv.weight"
    names[f"{block}self_attention.in_proj_bias"] = f"blocks.{i}.attn.qkv.bias"
state = vit.state_dict()
for key in state:
    state[key] = values(names[key], tuple(state[key].shape)).float()
vit.load_state_dict(state)
vit.eval()
with torch.no_grad():
    show("vit", vit(image(32)))
