# Views per second of kornia's batched augmentations, one thread.  arguments: CHANNELS FROM TO VIEWS BATCH
# SimCLR's view of a batch of float images: crop, flip, jitter, grey, blur where the view is large, standardize.
import importlib.util, json, sys, time

if importlib.util.find_spec("kornia") is None:
    print(json.dumps({"missing": "kornia"}))
    sys.exit(0)

import kornia
import kornia.augmentation as K
import torch

channels, source, size, views, batch = map(int, sys.argv[1:6])
torch.set_num_threads(1)
torch.manual_seed(0)
steps = [K.RandomResizedCrop((size, size), scale=(0.08, 1.0)), K.RandomHorizontalFlip()]
if channels == 3:
    steps += [K.ColorJitter(0.8, 0.8, 0.8, 0.2, p=0.8), K.RandomGrayscale(p=0.2)]
else:
    steps += [K.RandomBrightness((0.2, 1.8), p=0.8), K.RandomContrast((0.2, 1.8), p=0.8)]
if size >= 96:
    taps = size // 10 // 2 * 2 + 1
    steps += [K.RandomGaussianBlur((taps, taps), (0.1, 2.0), p=0.5)]
steps += [K.Normalize(torch.full((channels,), 0.5), torch.full((channels,), 0.25))]
pipeline = torch.nn.Sequential(*steps)
images = torch.rand(batch, channels, source, source)
speeds = []
with torch.inference_mode():
    pipeline(images)
    for repetition in range(5):
        made, start = 0, time.perf_counter()
        while made < views:
            pipeline(images)
            made += batch
        speeds.append(made / (time.perf_counter() - start))
# The operations whose meaning is fixed, on one image, for the caller to compare with its own: grey by ITU-601, a reflected blur, a flip.
side = 16
numbers = [(i * 7919 % 256) / 255 for i in range(channels * side * side)]
image = torch.tensor(numbers, dtype=torch.float64).reshape(1, channels, side, side)
same = {"blur": kornia.filters.gaussian_blur2d(image, (3, 3), (1.1, 1.1)), "flip": kornia.geometry.transform.hflip(image)}
if channels == 3:
    same["grayscale"] = kornia.color.rgb_to_grayscale(image).repeat(1, 3, 1, 1)
same = {name: value.flatten().tolist() for name, value in same.items()}
print(json.dumps({"same": same, "name": f"kornia {kornia.__version__}, torch {torch.__version__}", "value": max(speeds)}))
