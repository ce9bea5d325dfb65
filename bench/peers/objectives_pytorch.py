# One objective forward and backward in eager PyTorch, as its paper or code writes it: rows a second.  usage: objectives_pytorch.py NAME ROWS WIDTH
import json, math, sys, time
import torch
import torch.nn.functional as F

name, n, d = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
T = 0.1


def fraction(seed, count):
    x = (torch.arange(1, count + 1, dtype=torch.float64) * 12.9898 + seed * 78.233).sin() * 43758.5453
    return x - x.floor()


# The same numbers as in bench/ObjectiveCases.fs, by their seeds.
def values(seed, *size):
    return (12**0.5 * (fraction(seed, math.prod(size)) - 0.5)).view(size).float()


def integers(seed, bound, *size):
    return (fraction(seed, math.prod(size)) * bound).long().view(size)


a, b, c = (values(seed, n, d).requires_grad_() for seed in (1, 2, 3))
fixed, other = values(4, n, d), values(5, n, d)
labels = integers(6, 10, n)
unit = lambda z: F.normalize(z, dim=1)


def off_diagonal(m):
    return m - torch.diag(torch.diagonal(m))


def logits(a, b, t):
    z = torch.cat([unit(a), unit(b)])
    s = z @ z.t() / t
    s.fill_diagonal_(float("-inf"))
    return s, (torch.arange(2 * n) + n) % (2 * n)


def dcl(weighted):
    s, own = logits(a, b, T)
    positive = s.gather(1, own[:, None]).squeeze(1)
    s = s.scatter(1, own[:, None], float("-inf"))
    w = 1.0
    if weighted:
        cos = (unit(a) * unit(b)).sum(1).detach()
        w = (2 - n * (cos / 0.5).softmax(0)).repeat(2)
    return (torch.logsumexp(s, 1) - w * positive).mean()


def supcon():
    s, _ = logits(a, b, T)
    y = torch.cat([labels, labels])
    mask = (y[:, None] == y[None]).fill_diagonal_(False)
    log = s - torch.logsumexp(s, 1, keepdim=True)
    return -(log.masked_fill(~mask, 0).sum(1) / mask.sum(1)).mean()


def negatives():
    z = torch.cat([unit(a), unit(b)])
    s = z @ z.t()
    own = (torch.arange(2 * n) + n) % (2 * n)
    mask = torch.ones_like(s, dtype=torch.bool).fill_diagonal_(False)
    mask[torch.arange(2 * n), own] = False
    return s, s.gather(1, own[:, None]), mask


def logistic(hard):
    s, p, mask = negatives()
    if hard:
        near = s.masked_fill(~(mask & (s < p)), -2).max(1).values
        return torch.where(near > -2, F.softplus(-p.squeeze(1) / T) + F.softplus(near / T), 0).mean()
    return F.softplus(-p / T).mean() + F.softplus(s / T)[mask].mean()


def triplet(hard):
    s, p, mask = negatives()
    if hard:
        near = s.masked_fill(~(mask & (s < p) & (s > p - 0.8)), -2).max(1).values
        return torch.where(near > -2, F.relu(near - p.squeeze(1) + 0.8), 0).mean()
    return F.relu(s - p + 0.8)[mask].mean()


def in_batch():
    return 2 * T * F.cross_entropy(unit(a) @ unit(fixed).t() / T, torch.arange(n))


def bank():
    return F.cross_entropy(unit(a) @ bank_rows.t() / T, own_rows)


def noise():
    chosen = bank_rows[noise_rows]
    s = torch.bmm(chosen, unit(a)[:, :, None]).squeeze(2)
    p = (s / T).exp() / 40.0
    m = (noise_rows.shape[1] - 1) / 50000
    return -((p[:, 0] / (p[:, 0] + m)).log().sum() + (m / (p[:, 1:] + m)).log().sum()) / n


def patches():
    return F.cross_entropy(a @ b.t(), torch.arange(n))


def amdim():
    places = many
    s = torch.einsum("bd,kld->bkl", a, places) / math.sqrt(d)
    penalty = (s * s).mean()
    s = 20 * torch.tanh(s / 20)
    own = s[torch.arange(n), torch.arange(n)]
    others = s.masked_fill(torch.eye(n, dtype=torch.bool)[:, :, None], float("-inf")).flatten(1)
    both = torch.logsumexp(others, 1, keepdim=True)
    return (torch.logaddexp(own, both) - own).mean() + 0.05 * penalty


def barlow():
    x = (a - a.mean(0)) / (a.var(0, unbiased=False) + 1e-5).sqrt()
    y = (b - b.mean(0)) / (b.var(0, unbiased=False) + 1e-5).sqrt()
    m = x.t() @ y / n
    return (torch.diagonal(m) - 1).square().sum() + 0.005 * off_diagonal(m).square().sum()


def vicreg():
    loss = 25 * F.mse_loss(a, b)
    for z in (a, b):
        loss = loss + 25 * F.relu(1 - (z.var(0) + 1e-4).sqrt()).mean() / 2
        x = z - z.mean(0)
        loss = loss + off_diagonal(x.t() @ x / (n - 1)).square().sum() / d
    return loss


def hypersphere():
    x, y = unit(a), unit(b)
    uniform = lambda z: torch.pdist(z).square().mul(-2).exp().mean().log()
    return (x - y).square().sum(1).mean() + (uniform(x) + uniform(y)) / 2


def sliced():
    p = torch.sort(unit(a) @ lines, 0).values
    q = torch.sort(fixed @ lines, 0).values
    return (p - q).square().mean()


def dino():
    t = [((x - fixed[:1]) / 0.04).softmax(1) for x in (fixed, other)]
    s = [x.div(T).log_softmax(1) for x in (a, b, c)]
    terms = [-(t[q] * s[v]).sum(1).mean() for q in range(2) for v in range(3) if v != q]
    return sum(terms) / len(terms)


def imax():
    x, y = a + b, a - b
    eye = 0.1 * torch.eye(d)
    cov = lambda z: (z - z.mean(0)).t() @ (z - z.mean(0)) / n + eye
    return -(torch.logdet(cov(x)) - torch.logdet(cov(y))) / 2


def spread():
    x, y = unit(a), unit(b)
    z = torch.cat([x, y])
    return (x - y).square().mean() / 2 + 0.3 * (torch.logsumexp(z @ z.t() / T, 1) - math.log(d)).mean()


def koleo():
    z = unit(a)
    with torch.no_grad():
        s = z @ z.t()
        s.fill_diagonal_(-1)
        near = s.argmax(1)
    return -(F.pairwise_distance(z, z[near], eps=1e-8) + 1e-8).log().mean()


def sigreg():
    t = torch.linspace(-5, 5, 17)
    phi = (-t * t / 2).exp()
    x = (a @ lines)[:, :, None] * t
    error = (x.cos().mean(0) - phi).square() + x.sin().mean(0).square()
    return torch.trapezoid(error * phi * n, t, dim=1).mean()


def mean_entropy():
    m = (a / T).softmax(1).mean(0)
    return math.log(d) + (m * m.log()).sum()


def hidden():
    t = ((many_fixed - fixed[:1]) / 0.04).softmax(2)
    per = -(t * (many / T).log_softmax(2)).sum(2)
    return ((per * masks).sum(1) / masks.sum(1).clamp(min=1)).mean()


def restoration():
    x = ((many - many_fixed).square().mean(2) * masks).sum() / masks.sum()
    y = ((many - 0.1 * many_fixed).square().mean(2) * ~masks).sum() / (~masks).sum()
    return 0.7 * x + 0.3 * y


def pseudo():
    p = fixed.softmax(1)
    best, y = p.max(1)
    return (F.cross_entropy(a, y, reduction="none") * (best >= 0.5)).mean()


def consistency():
    p = fixed.softmax(1)
    sharp = (fixed / 0.4).softmax(1)
    per = (sharp * (sharp.log() - a.log_softmax(1))).sum(1)
    return (per * (p.max(1).values > 0.5)).mean()


def swav():
    x, y = unit(a), unit(b)

    @torch.no_grad()
    def codes(s):
        q = (s / 0.05).exp().t()
        q = q / q.sum()
        for _ in range(3):
            q = q / q.sum(1, keepdim=True) / q.shape[0]
            q = q / q.sum(0, keepdim=True) / q.shape[1]
        return (q * q.shape[1]).t()

    loss = lambda q, s: -(q * (s / T).log_softmax(1)).sum(1).mean()
    return (loss(codes(x), y) + loss(codes(y), x)) / 2


def wmse():
    def white(z):
        parts = []
        for part in z.split(2 * d):
            x = part - part.mean(0)
            chol = torch.linalg.cholesky(x.t() @ x / (len(x) - 1))
            parts.append(torch.linalg.solve_triangular(chol, x.t(), upper=False).t())
        return torch.cat(parts)

    return (2 - 2 * F.cosine_similarity(white(a), white(b))).mean()


def exemplars():
    y = torch.arange(128).repeat(n // 128)
    same = y[:, None] == y[None]
    squares = (a * a).sum(1)
    far = (squares[:, None] + squares[None] - 2 * a @ a.t()).clamp_min(1e-12).sqrt()
    own = far.masked_fill(~same, float("-inf")).max(1).values
    other = far.masked_fill(same, float("inf")).min(1).values
    return F.softplus(own - other).mean()


def adversary():
    w = a[:d]
    model = lambda x: 0.1 * (x @ w)
    with torch.no_grad():
        target = model(fixed).log_softmax(1)
    apart = lambda x: F.kl_div(model(x).log_softmax(1), target, reduction="batchmean", log_target=True)
    r = F.normalize(other, dim=1).requires_grad_()
    r = 2 * F.normalize(torch.autograd.grad(apart(fixed + r), r)[0], dim=1)
    return apart(fixed + r)


rows = 50000
if name in ("memory bank", "noise contrast"):
    bank_rows, own_rows = unit(values(7, rows, d)), integers(8, rows, n)
    noise_rows = integers(9, rows, n, 513)
if name in ("AMDIM", "hidden patches", "restoration"):
    many, many_fixed = values(10, n, 16, d).requires_grad_(), values(11, n, 16, d)
    masks = (fraction(12, n * 16) < 0.5).view(n, 16)
lines = F.normalize(values(13, d, 1024 if name == "SIGReg" else d), dim=0)
objectives = {
    "DCL": lambda: dcl(False),
    "DCLW": lambda: dcl(True),
    "SupCon": supcon,
    "NT-Logistic": lambda: logistic(False),
    "NT-Logistic, semi-hard": lambda: logistic(True),
    "margin triplet": lambda: triplet(False),
    "margin triplet, semi-hard": lambda: triplet(True),
    "MoCo v3": in_batch,
    "memory bank": bank,
    "noise contrast": noise,
    "CPC patches": patches,
    "AMDIM": amdim,
    "Barlow Twins": barlow,
    "VICReg": vicreg,
    "hypersphere": hypersphere,
    "BYOL": lambda: (2 - 2 * F.cosine_similarity(a, fixed)).mean(),
    "sliced Wasserstein": sliced,
    "DINO": dino,
    "SwAV": swav,
    "W-MSE": wmse,
    "IMAX": imax,
    "alignment and log-sum-exp": spread,
    "KoLeo": koleo,
    "SIGReg": sigreg,
    "mean entropy": mean_entropy,
    "entropy": lambda: -(a.softmax(1) * a.log_softmax(1)).sum(1).mean(),
    "cross-entropy of labels": lambda: F.cross_entropy(a, labels),
    "hidden patches": hidden,
    "restoration": restoration,
    "pseudo-labels": pseudo,
    "consistency": consistency,
    "exemplars": exemplars,
    "virtual adversary": adversary,
    "distillation": lambda: -((fixed / T).softmax(1) * (a / T).log_softmax(1)).sum(1).mean(),
}


leaves = (a, b, c) + ((many,) if "many" in globals() else ())


def step():
    objectives[name]().backward()
    for z in leaves:
        z.grad = None


loss = objectives[name]()
loss.backward()
answers = [loss.item()] + [z.grad.double().norm().item() for z in leaves if z.grad is not None]
times = []
for _ in range(5):
    start = time.perf_counter()
    repeats = 0
    while repeats == 0 or time.perf_counter() - start < 0.2:
        step()
        repeats += 1
    times.append((time.perf_counter() - start) / repeats)
name = f"torch {torch.__version__}, {torch.get_num_threads()} threads"
print(json.dumps({"value": n / sorted(times)[2], "name": name, "same": {"answers": answers}}))
