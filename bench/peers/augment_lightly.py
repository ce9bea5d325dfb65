# Views per second of lightly's SimCLR transform, image by image as its loaders run it, one thread.  arguments: CHANNELS FROM TO VIEWS
# The transform makes two views of an image; both count.
import importlib.util, json, sys, time

if importlib.util.find_spec("lightly") is None:
    print(json.dumps({"missing": "lightly"}))
    sys.exit(0)

import numpy as np
import torch
from lightly.transforms import SimCLRTransform
from PIL import Image

channels, source, size, views = map(int, sys.argv[1:5])
torch.set_num_threads(1)
torch.manual_seed(0)
transform = SimCLRTransform(
    input_size=size,
    cj_strength=1.0,
    gaussian_blur=0.5 if size >= 96 else 0.0,
    normalize={"mean": [0.5] * channels, "std": [0.25] * channels},
)
rng = np.random.RandomState(0)
shape = (source, source, 3) if channels == 3 else (source, source)
images = [Image.fromarray(rng.randint(0, 256, shape, dtype=np.uint8)) for _ in range(64)]
for i in range(5):
    transform(images[i])
speeds = []
for repetition in range(5):
    made, i, start = 0, 0, time.perf_counter()
    while made < views:
        made += len(transform(images[i % 64]))
        i += 1
    speeds.append(made / (time.perf_counter() - start))
print(json.dumps({"name": f"lightly at its version of August 2026, torch {torch.__version__}", "value": max(speeds)}))
