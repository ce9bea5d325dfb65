# NT-Xent forward and backward in eager PyTorch: pairs a second.  usage: ntxent_pytorch.py PAIRS WIDTH TEMPERATURE [bfloat16]
# With bfloat16: under autocast to it.
import json, sys, time
import torch
import torch.nn.functional as F

pairs, width, temperature = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
z = torch.randn(2 * pairs, width, requires_grad=True)
half = len(sys.argv) > 4


def step():
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        u = F.normalize(z, dim=1)
        s = u @ u.t() / temperature
        s.fill_diagonal_(float("-inf"))
        target = (torch.arange(2 * pairs) + pairs) % (2 * pairs)
        loss = F.cross_entropy(s, target)
    loss.backward()
    z.grad = None


step()
times = []
for _ in range(5):
    start = time.perf_counter()
    step()
    times.append(time.perf_counter() - start)
print(json.dumps({"value": pairs / sorted(times)[2], "name": f"torch {torch.__version__}{' autocast' if half else ''}, {torch.get_num_threads()} threads"}))
