"""Milliseconds of the 3 x 3 convolutions of ResNet-18 at 32 px, batch 32, forward and both ways back, channels first and last: the figures of Dsl/Run/Layouts.fs.

Of the three convolutions that halve the maps the first is measured and counts three times: they take as many multiply-adds.
    python3 layouts_pytorch.py
"""
import time

import torch


def median(work, times=12):
    work()
    work()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[times // 2] * 1e3


def layer(inputs, outputs, size, stride, dtype, form):
    x = torch.randn(32, inputs, size, size).to(dtype).contiguous(memory_format=form)
    w = torch.randn(outputs, inputs, 3, 3).to(dtype).contiguous(memory_format=form)
    slopes = torch.randn_like(torch.conv2d(x, w, None, stride, 1))

    def back(mask):
        torch.ops.aten.convolution_backward(slopes, x, w, None, [stride] * 2, [1, 1], [1, 1], False, [0, 0], 1, mask)

    return (median(lambda: torch.conv2d(x, w, None, stride, 1)) + median(lambda: back([True, False, False])) + median(lambda: back([False, True, False])))


layers = [(4, 64, 64, 32, 1), (3, 64, 128, 32, 2), (3, 128, 128, 16, 1), (3, 256, 256, 8, 1), (3, 512, 512, 4, 1)]
for dtype in (torch.bfloat16, torch.float32):
    for name, form in (("channels first", torch.contiguous_format), ("channels last", torch.channels_last)):
        print(dtype, name, f"{sum(n * layer(*sizes, dtype, form) for n, *sizes in layers):.0f} ms", flush=True)
