# The figures of tests/CorruptionGolden.json: the published functions (ImageNet-C/create_c/make_cifar_c.py of hendrycks/robustness) on one image, every 61st value of each severity.
# Their draws come from a known sequence in place of numpy's, so that the tests can draw the same.
#   python3 corruptions_official.py make_cifar_c.py > CorruptionGolden.json      (Debian 12: python3-numpy -scipy -skimage -opencv -wand -pil)
import json
import sys

import numpy as np
from PIL import Image

source = open(sys.argv[1]).read()
source = source[: source.index("# /////////////// End Distortions")]
for line in ["import torch\n", "import torchvision.datasets as dset\n", "import torchvision.transforms as trn\n", "import torch.utils.data as data\n"]:
    source = source.replace(line, "\n")
source = source.replace("scipy.ndimage.interpolation", "scipy.ndimage").replace("np.fromstring", "np.frombuffer")
official = {}
exec(compile(source, sys.argv[1], "exec"), official)

state = 0


def draw(size):
    global state
    result = np.empty(int(np.prod(size)))
    for i in range(result.size):
        state = (1664525 * state + 1013904223) % 2**32
        result[i] = (state + 0.5) / 2**32
    return result.reshape(size)


def normal(loc=0.0, scale=1.0, size=()):
    u = draw(tuple(size) + (2,))
    return loc + scale * np.sqrt(-2 * np.log(u[..., 0])) * np.cos(2 * np.pi * u[..., 1])


np.random.uniform = lambda low=0.0, high=1.0, size=(): low + (high - low) * draw(size)
np.random.normal = normal
np.random.randint = lambda low, high, size=(): np.floor(low + (high - low) * draw(size)).astype(int)

i = np.arange(32 * 32 * 3)
y, x, c = i // 96, i // 3 % 32, i % 3
values = 128 + 60 * np.sin(0.35 * x + c) + 50 * np.cos(0.22 * y * (c + 1)) + (x * 7 + y * 13 + c * 5) % 17
image = np.floor(np.clip(values, 0, 255)).astype(np.uint8).reshape(32, 32, 3)

rows = {}
for name in ["glass_blur", "motion_blur", "zoom_blur", "snow", "fog", "spatter", "elastic_transform", "saturate"]:
    rows[name.replace("_", "-")] = []
    for severity in range(1, 6):
        state = 12345
        found = np.asarray(official[name](Image.fromarray(image), severity), dtype=float) / 255
        rows[name.replace("_", "-")].append([round(float(v), 4) for v in found.reshape(-1)[::61]])
parts = [f' "{name}": [\n' + ",\n".join("  " + json.dumps(row, separators=(",", ":")) for row in each) + "\n ]" for name, each in rows.items()]
print("{\n" + ",\n".join(parts) + "\n}")
