# MoCo's InfoNCE forward and backward in eager PyTorch: queries a second.  usage: moco_pytorch.py QUERIES QUEUE WIDTH TEMPERATURE [bfloat16]
# With bfloat16: under autocast to it.
import json, sys, time
import torch
import torch.nn.functional as F

queries, size, width, temperature = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
z = torch.randn(queries, width, requires_grad=True)
keys = F.normalize(torch.randn(queries, width), dim=1)
queue = F.normalize(torch.randn(size, width), dim=1)
half = len(sys.argv) > 5


def step():
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        q = F.normalize(z, dim=1)
        logits = torch.cat([(q * keys).sum(1, keepdim=True), q @ queue.t()], dim=1) / temperature
        loss = F.cross_entropy(logits, torch.zeros(queries, dtype=torch.long))
    loss.backward()
    z.grad = None


step()
times = []
for _ in range(5):
    start = time.perf_counter()
    step()
    times.append(time.perf_counter() - start)
print(json.dumps({"value": queries / sorted(times)[2], "name": f"torch {torch.__version__}{' autocast' if half else ''}, {torch.get_num_threads()} threads"}))
