# Views per second of torchvision v2 on one core: the better of its PIL and its uint8 tensor pipeline, each the best of 5.
# usage: augment_torchvision.py CHANNELS INPUT_SIZE OUTPUT_SIZE VIEWS; prints {"name", "value"}
import json
import sys
import time

import numpy as np
import torch
import torchvision
from PIL import Image
from torchvision.transforms import v2

channels, size, out, views = (int(a) for a in sys.argv[1:5])
torch.manual_seed(0)
torch.set_num_threads(1)


def pipeline(tensor):
    colour = channels == 3
    jitter = v2.ColorJitter(0.8, 0.8, 0.8, 0.2) if colour else v2.ColorJitter(0.8, 0.8)
    steps = [v2.RandomResizedCrop(out, scale=(0.08, 1.0), antialias=True), v2.RandomHorizontalFlip()]
    steps += [v2.RandomApply([jitter], p=0.8)]
    steps += [v2.RandomGrayscale(0.2)] if colour else []
    steps += [v2.RandomApply([v2.GaussianBlur(out // 10 // 2 * 2 + 1, (0.1, 2.0))], p=0.5)] if out >= 96 else []
    steps += [] if tensor else [v2.ToImage()]
    steps += [v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5] * channels, [0.25] * channels)]
    return v2.Compose(steps)


random = np.random.RandomState(0)
arrays = [random.randint(0, 256, (size, size, channels), dtype=np.uint8) for _ in range(32)]
pil = [Image.fromarray(a if channels == 3 else a[..., 0]) for a in arrays]
tensors = [torch.from_numpy(a).permute(2, 0, 1).contiguous() for a in arrays]
best = 0.0
for sources, transform in ((pil, pipeline(False)), (tensors, pipeline(True))):
    speeds = []
    for repetition in range(6):
        start = time.perf_counter()
        for i in range(views):
            transform(sources[i % 32])
        speeds.append(views / (time.perf_counter() - start))
    best = max(best, max(speeds[1:]))  # the first warms up
print(json.dumps({"name": "torchvision " + torchvision.__version__, "value": best}))
