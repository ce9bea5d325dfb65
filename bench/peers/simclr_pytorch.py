"""The recipe of bench/Curve.fs in PyTorch and torchvision, as one writes it there: a DataLoader of 2 workers, PIL images, torchvision's v2 transforms,
torchvision's blocks, AdamW with a schedule by step, k-NN by a product and topk.

Standard input: training images (28 x 28 bytes each), their labels (a byte each), test images, their labels.
    simclr_pytorch.py TRAIN TEST EPOCHS EVERY EARLY BATCH RATE SEED MODE WIDTHS STARTED
MODE is fp32, or bf16cl: autocast and channels-last. Every EVERY steps, and at the end, one line of JSON: seconds since STARTED (Unix time) without those spent
in k-NN, and its accuracy on the first EARLY test images, at the end on all.
"""
import json
import math
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from PIL import Image
from torchvision.transforms import v2

train, test, epochs, every, early, batch = (int(a) for a in sys.argv[1:7])
rate, seed, mode = float(sys.argv[7]), int(sys.argv[8]), sys.argv[9]
widths = [int(w) for w in sys.argv[10].split(",")]
started, paused = float(sys.argv[11]), 0.0
torch.manual_seed(seed)
amp, last = "bf16" in mode, "cl" in mode


def read(count):
    images = np.frombuffer(sys.stdin.buffer.read(count * 784), np.uint8).reshape(count, 28, 28)
    return images, torch.from_numpy(np.frombuffer(sys.stdin.buffer.read(count), np.uint8).copy()).long()


images, labels = read(train)
test_images, test_labels = read(test)
normalize = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5], [0.25])]
views = v2.Compose([
    v2.RandomResizedCrop(28, scale=(0.2, 1.0)),
    v2.RandomHorizontalFlip(),
    v2.RandomApply([v2.ColorJitter(0.8, 0.8, 0.8, 0.2)], p=0.8),
    v2.RandomGrayscale(0.2),
    *normalize,
])


class Pairs(torch.utils.data.Dataset):
    def __len__(self):
        return train

    def __getitem__(self, i):
        image = Image.fromarray(images[i])
        return views(image), views(image)


class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = torch.nn.Sequential(
            torch.nn.Conv2d(1, widths[0], 4, 2, 1, bias=False), torch.nn.BatchNorm2d(widths[0]), torch.nn.ReLU(inplace=True))
        inputs, stages = widths[0], []
        for stage, width in enumerate(widths):
            stride, down = 1 if stage == 0 else 2, None
            if stride != 1 or inputs != width:
                down = torch.nn.Sequential(torch.nn.Conv2d(inputs, width, 1, stride, bias=False), torch.nn.BatchNorm2d(width))
            stages.append(torchvision.models.resnet.BasicBlock(inputs, width, stride, down))
            inputs = width
        self.stages = torch.nn.Sequential(*stages)
        for m in self.modules():
            if isinstance(m, torch.nn.Conv2d):
                torch.nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        return self.stages(self.stem(x)).mean((2, 3))


encoder = Encoder()
projector = torch.nn.Sequential(
    torch.nn.Linear(widths[-1], 128, bias=False), torch.nn.BatchNorm1d(128), torch.nn.ReLU(), torch.nn.Linear(128, 128))
if last:
    encoder = encoder.to(memory_format=torch.channels_last)


def encode(x):
    if last:
        x = x.to(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16, enabled=amp):
        return encoder(x).float()


def loss_of(x, y):
    z = F.normalize(projector(encode(torch.cat([x, y]))), dim=1)
    similarity = z @ z.T / 0.5
    similarity.fill_diagonal_(float("-inf"))
    n = len(x)
    return F.cross_entropy(similarity, (torch.arange(2 * n) + n) % (2 * n))


def features(source):
    x = ((torch.from_numpy(source.copy()).float() / 255 - 0.5) / 0.25).unsqueeze(1)
    return F.normalize(torch.cat([encode(part) for part in x.split(500)]), dim=1)


@torch.no_grad()
def knn(count):
    encoder.eval()
    bank, queries, right = features(images).T.contiguous(), features(test_images[:count]), 0
    for query, label in zip(queries.split(500), test_labels[:count].split(500)):
        similarity, index = (query @ bank).topk(200, dim=1)
        votes = torch.zeros(len(query), 10).scatter_add_(1, labels[index], (similarity / 0.1).exp())
        right += (votes.argmax(1) == label).sum().item()
    encoder.train()
    return 100.0 * right / min(count, test)


parameters = [*encoder.parameters(), *projector.parameters()]
optimizer = torch.optim.AdamW(
    [{"params": [p for p in parameters if p.dim() > 1], "weight_decay": 1e-4}, {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0}], lr=rate)
per_epoch = train // batch
warm, total = per_epoch, per_epoch * epochs
schedule = torch.optim.lr_scheduler.LambdaLR(
    optimizer, lambda s: s / warm if s < warm else 0.5 * (1 + math.cos(math.pi * (s - warm) / max(1, total - warm))))
loader = torch.utils.data.DataLoader(
    Pairs(), batch, shuffle=True, drop_last=True, num_workers=2, persistent_workers=True, multiprocessing_context="fork")
step = 0
for epoch in range(epochs):
    for x, y in loader:
        loss = loss_of(x, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        step += 1
        if step % every == 0 or step == total:
            now = time.time()
            print(json.dumps({"seconds": now - started - paused, "accuracy": knn(test if step == total else early)}), flush=True)
            paused += time.time() - now
