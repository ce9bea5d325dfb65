# Views per second of torchvision's operations on one core: uint8 tensor to float32, the operation, the standardization; median of 5.
# usage: operations_torchvision.py SIZE VIEWS; prints {"name", "values": {operation: views a second}}
import json
import statistics
import sys
import time

import numpy as np
import torch
import torchvision
from PIL import Image, ImageFilter
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F

size, views = int(sys.argv[1]), int(sys.argv[2])
torch.manual_seed(0)
torch.set_num_threads(1)
array = np.random.RandomState(0).randint(0, 256, (size, size, 3), dtype=np.uint8)
tensor = torch.from_numpy(array).permute(2, 0, 1).contiguous()
pil = Image.fromarray(array)


def resized(mode):
    return lambda x: F.resized_crop(x, 20, 31, 160, 150, [size, size], interpolation=mode, antialias=True)


operations = {
    "crop_bilinear": resized(InterpolationMode.BILINEAR),
    "crop_bicubic": resized(InterpolationMode.BICUBIC),
    "hflip": F.horizontal_flip,
    "vflip": F.vertical_flip,
    "rotate90": lambda x: torch.rot90(x, 1, (1, 2)).contiguous(),
    "affine": lambda x: F.affine(x, 15.0, [3, -2], 1.2, [8.0, 0.0], interpolation=InterpolationMode.BILINEAR),
    "brightness": lambda x: F.adjust_brightness(x, 1.3),
    "contrast": lambda x: F.adjust_contrast(x, 1.3),
    "saturation": lambda x: F.adjust_saturation(x, 1.3),
    "hue": lambda x: F.adjust_hue(x, 0.1),
    "grayscale": lambda x: F.rgb_to_grayscale(x, 3),
    "solarize": lambda x: F.solarize(x, 0.5),
    "posterize": lambda x: F.posterize(x, 4),
    "invert": F.invert,
    "autocontrast": F.autocontrast,
    "equalize": F.equalize,
    "sharpness": lambda x: F.adjust_sharpness(x, 1.8),
    "blur": lambda x: F.gaussian_blur(x, [23, 23], [1.3, 1.3]),
    "noise": lambda x: F.gaussian_noise(x, 0.0, 0.1),
    "erase": lambda x: F.erase(x, 40, 50, 100, 90, torch.zeros(1)),
}


def through_float(operation):
    return lambda: F.normalize(operation(F.to_dtype(tensor, torch.float32, scale=True)), [0.5] * 3, [0.25] * 3)


def through_pil():
    blurred = F.pil_to_tensor(pil.filter(ImageFilter.GaussianBlur(1.3)))
    return F.normalize(F.to_dtype(blurred, torch.float32, scale=True), [0.5] * 3, [0.25] * 3)


def speed(work):
    work()
    speeds = []
    for repetition in range(5):
        start = time.perf_counter()
        for i in range(views):
            work()
        speeds.append(views / (time.perf_counter() - start))
    return statistics.median(speeds)


values = {name: speed(through_float(operation)) for name, operation in operations.items()}
values["box_blur"] = speed(through_pil)
print(json.dumps({"name": "torchvision " + torchvision.__version__, "values": values}))
