# Images per second on one core from JPEG files: Pillow's decoding, then torchvision's crop to 224 px, colour distortion, blur. Median of 5.
# usage: photos_torchvision.py FOLDER ROUNDS; prints {"name", "values": {stage: images a second}}
import glob
import json
import os
import statistics
import sys
import time

import PIL
import torch
import torchvision
from PIL import Image
from torchvision.transforms import v2

folder, rounds = sys.argv[1], int(sys.argv[2])
files = sorted(f for f in glob.glob(os.path.join(folder, "*")) if f.lower().endswith((".jpg", ".jpeg")))
torch.manual_seed(0)
torch.set_num_threads(1)

crop = [v2.RandomResizedCrop(224, scale=(0.08, 1.0), antialias=True)]
flip = [v2.RandomHorizontalFlip()]
colour = [v2.RandomApply([v2.ColorJitter(0.8, 0.8, 0.8, 0.2)], p=0.8), v2.RandomGrayscale(0.2)]
blur = [v2.RandomApply([v2.GaussianBlur(23, (0.1, 2.0))], p=0.5)]
end = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5] * 3, [0.25] * 3)]
stages = {
    "decode": None,
    "crop": v2.Compose(crop + end),
    "colour": v2.Compose(crop + flip + colour + end),
    "blur": v2.Compose(crop + flip + colour + blur + end),
}


def load(file):
    with open(file, "rb") as opened:
        return Image.open(opened).convert("RGB")


values = {}
for name, transform in stages.items():
    speeds = []
    for repetition in range(6):
        start = time.perf_counter()
        for r in range(rounds):
            for file in files:
                image = load(file)
                if transform:
                    transform(image)
        speeds.append(rounds * len(files) / (time.perf_counter() - start))
    values[name] = statistics.median(speeds[1:])
print(json.dumps({"name": "torchvision " + torchvision.__version__ + ", Pillow " + PIL.__version__, "values": values}))
