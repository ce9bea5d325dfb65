"""A training step (forward, mean square of the output, backward) of a residual network in PyTorch, in turns with ours.

Each line of standard input is answered by one line of JSON:
    setup NETWORK CHANNELS SIZE BATCH MODE   -> the loss of weights and images that anybody can compute, and PyTorch's version
    step SECONDS                             -> images a second of steps that take at least so long, one step at least
NETWORK is resnet18 (torchvision's, 3 x 3 stem, no pooling) or compact:WIDTH,WIDTH,...:BLOCKS (a 4 x 4 stride-2 stem, basic blocks).
MODE is fp32, fp32cl, bf16 or bf16cl; bf16 is autocast, cl channels-last.
"""
import json
import math
import sys
import time

import torch
import torchvision


class Compact(torch.nn.Module):
    def __init__(self, channels, widths, blocks):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(channels, widths[0], 4, 2, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(widths[0])
        self.relu = torch.nn.ReLU(inplace=True)
        inputs, stages = widths[0], []
        for stage, width in enumerate(widths):
            layers = []
            for k in range(blocks):
                stride = 2 if k == 0 and stage > 0 else 1
                down = None
                if stride != 1 or inputs != width:
                    down = torch.nn.Sequential(torch.nn.Conv2d(inputs, width, 1, stride, bias=False), torch.nn.BatchNorm2d(width))
                layers.append(torchvision.models.resnet.BasicBlock(inputs, width, stride, down))
                inputs = width
            stages.append(torch.nn.Sequential(*layers))
        for i, stage in enumerate(stages):
            setattr(self, f"layer{i + 1}", stage)
        self.count = len(stages)

    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        for i in range(self.count):
            x = getattr(self, f"layer{i + 1}")(x)
        return x.mean((2, 3))


def build(name, channels):
    if name == "resnet18":
        net = torchvision.models.resnet18()
        net.conv1 = torch.nn.Conv2d(channels, 64, 3, 1, 1, bias=False)
        net.maxpool = torch.nn.Identity()
        net.fc = torch.nn.Identity()
        return net
    _, widths, blocks = name.split(":")
    return Compact(channels, [int(w) for w in widths.split(",")], int(blocks))


def fill(name, tensor):
    w = torch.sin(0.7 * torch.arange(tensor.numel(), dtype=torch.float64) + 1.3 * len(name)).reshape(tensor.shape)
    if tensor.dim() > 1:
        w = w * math.sqrt(2.0 / math.prod(tensor.shape[1:]))
    elif name.endswith("weight"):
        w = 1 + 0.1 * w
    else:
        w = 0.1 * w
    with torch.no_grad():
        tensor.copy_(w)


net = images = None
batch, amp = 0, False


def step():
    with torch.autocast("cpu", torch.bfloat16, enabled=amp):
        y = net(images)
    loss = y.float().pow(2).mean()
    loss.backward()
    net.zero_grad()
    return loss.item()


for line in sys.stdin:
    words = line.split()
    if words[0] == "setup":
        channels, size, batch = (int(w) for w in words[2:5])
        amp = "bf16" in words[5]
        net = build(words[1], channels)
        for name, tensor in net.named_parameters():
            fill(name, tensor)
        count = batch * channels * size * size
        images = torch.sin(0.05 * torch.arange(count, dtype=torch.float64)).reshape(batch, channels, size, size).float()
        if "cl" in words[5]:
            net = net.to(memory_format=torch.channels_last)
            images = images.to(memory_format=torch.channels_last)
        loss = step()
        step()
        answer = {"loss": loss, "name": "torch " + torch.__version__}
    else:
        start, steps = time.perf_counter(), 0
        while steps == 0 or time.perf_counter() - start < float(words[1]):
            step()
            steps += 1
        answer = {"rate": steps * batch / (time.perf_counter() - start)}
    print(json.dumps(answer), flush=True)
