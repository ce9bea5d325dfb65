# Peak memory of NT-Xent, or of InfoNCE within a batch, forward and backward in eager PyTorch beyond its inputs, in MiB.  usage: ntxent_memory_pytorch.py PAIRS WIDTH OBJECTIVE
import json, sys
import torch
import torch.nn.functional as F


def status(name):
    with open("/proc/self/status") as lines:
        return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(name + ":"))


def step(z):
    n = z.shape[0] // 2
    u = F.normalize(z, dim=1)
    if sys.argv[3] == "InfoNCE":
        F.cross_entropy(u[:n] @ u[n:].detach().t() / 0.5, torch.arange(n)).backward()
        return
    s = u @ u.t() / 0.5
    s.fill_diagonal_(float("-inf"))
    F.cross_entropy(s, (torch.arange(2 * n) + n) % (2 * n)).backward()


step(torch.randn(1024, int(sys.argv[2]), requires_grad=True))
z = torch.randn(2 * int(sys.argv[1]), int(sys.argv[2]), requires_grad=True)
with open("/proc/self/clear_refs", "w") as peak:
    peak.write("5")
before = status("VmRSS")
step(z)
print(json.dumps({"value": status("VmHWM") - before, "name": f"torch {torch.__version__}"}))
