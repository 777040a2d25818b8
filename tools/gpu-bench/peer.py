#!/usr/bin/env python3
"""PointNet++ in PyTorch, as fast as PyTorch and Triton make it: the comparison for `scanseg bench`.

The network, batch and work are those of configs/pointnet2-ssg.toml, in two forms: eager, and compiled with torch.compile. On a GPU,
farthest point sampling, ball query and the three nearest neighbours are Triton kernels (one program per cloud with all its points in
registers; one program per block of centers or queries that reads the points once); without Triton they use PyTorch. Like scanseg, this applies the linear map before grouping,
because that is a better algorithm and not a better program; `--textbook` groups first, as public implementations do.

Prints one line of JSON per part, with the keys of the `parts` of `scanseg bench --json`.
"""
import argparse
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

try:
    import triton
    import triton.language as tl
except ImportError:
    triton = None

LEVELS = [(1024, 0.1, 32, [32, 32, 64]), (256, 0.2, 32, [64, 64, 128]), (64, 0.4, 32, [128, 128, 256]), (16, 0.8, 32, [256, 256, 512])]
PROPAGATION = [[256, 256], [256, 256], [256, 128], [128, 128, 128]]
CLASSES = 21

if triton is not None:

    @triton.jit
    def fps_kernel(coord, out, n, count, BLOCK: tl.constexpr):
        cloud = tl.program_id(0)
        at = tl.arange(0, BLOCK)
        inside = at < n
        base = coord + cloud * n * 3
        x = tl.load(base + at * 3, mask=inside, other=0.0)
        y = tl.load(base + at * 3 + 1, mask=inside, other=0.0)
        z = tl.load(base + at * 3 + 2, mask=inside, other=0.0)
        nearest = tl.where(inside, float("inf"), -1.0)
        chosen = 0
        for sample in range(count):
            tl.store(out + cloud * count + sample, chosen)
            cx = tl.load(base + chosen * 3)
            cy = tl.load(base + chosen * 3 + 1)
            cz = tl.load(base + chosen * 3 + 2)
            dx, dy, dz = x - cx, y - cy, z - cz
            nearest = tl.minimum(nearest, dx * dx + dy * dy + dz * dz)
            chosen = tl.argmax(nearest, axis=0)

    @triton.jit
    def ball_kernel(coord, centers, out, n, m, radius2, K: tl.constexpr, CENTERS: tl.constexpr, POINTS: tl.constexpr):
        cloud = tl.program_id(1)
        center = tl.program_id(0) * CENTERS + tl.arange(0, CENTERS)
        real = center < m
        base = centers + (cloud * m + center) * 3
        cx = tl.load(base, mask=real, other=1e30)[:, None]
        cy = tl.load(base + 1, mask=real, other=1e30)[:, None]
        cz = tl.load(base + 2, mask=real, other=1e30)[:, None]
        rows = out + (cloud * m + center) * K
        found = tl.zeros([CENTERS], dtype=tl.int32)
        first = tl.zeros([CENTERS], dtype=tl.int32)
        start = 0
        while (start < n) & (tl.min(tl.where(real, found, K)) < K):
            at = start + tl.arange(0, POINTS)
            inside = at < n
            p = coord + (cloud * n + at) * 3
            dx = tl.load(p, mask=inside, other=2e30)[None, :] - cx
            dy = tl.load(p + 1, mask=inside, other=2e30)[None, :] - cy
            dz = tl.load(p + 2, mask=inside, other=2e30)[None, :] - cz
            hit = (dx * dx + dy * dy + dz * dz < radius2).to(tl.int32)
            place = found[:, None] + tl.cumsum(hit, axis=1) - 1
            index = tl.broadcast_to(at[None, :], hit.shape)
            lowest = tl.min(tl.where(hit > 0, index, 2147483647), axis=1)
            first = tl.where((found == 0) & (lowest < 2147483647), lowest, first)
            tl.store(rows[:, None] + place, index, mask=(hit > 0) & (place < K) & real[:, None])
            found += tl.sum(hit, axis=1)
            start += POINTS
        slot = tl.arange(0, K)[None, :]
        tl.store(rows[:, None] + slot, tl.broadcast_to(first[:, None], [CENTERS, K]), mask=(slot >= found[:, None]) & real[:, None])

    @triton.jit
    def three_nn_kernel(fine, coarse, index, weight, n, m, BLOCK: tl.constexpr):
        cloud = tl.program_id(1)
        query = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
        real = query < n
        p = fine + (cloud * n + query) * 3
        x = tl.load(p, mask=real, other=0.0)
        y = tl.load(p + 1, mask=real, other=0.0)
        z = tl.load(p + 2, mask=real, other=0.0)
        d1 = tl.full([BLOCK], float("inf"), tl.float32)
        d2, d3 = d1, d1
        i1 = tl.zeros([BLOCK], dtype=tl.int32)
        i2, i3 = i1, i1
        base = coarse + cloud * m * 3
        for j in range(m):
            dx = x - tl.load(base + j * 3)
            dy = y - tl.load(base + j * 3 + 1)
            dz = z - tl.load(base + j * 3 + 2)
            d = dx * dx + dy * dy + dz * dz
            nearer1, nearer2, nearer3 = d < d1, d < d2, d < d3
            d3 = tl.where(nearer2, d2, tl.where(nearer3, d, d3))
            i3 = tl.where(nearer2, i2, tl.where(nearer3, j, i3))
            d2 = tl.where(nearer1, d1, tl.where(nearer2, d, d2))
            i2 = tl.where(nearer1, i1, tl.where(nearer2, j, i2))
            d1 = tl.where(nearer1, d, d1)
            i1 = tl.where(nearer1, j, i1)
        w1 = 1.0 / tl.maximum(d1, 1e-10)
        w2 = 1.0 / tl.maximum(d2, 1e-10)
        w3 = 1.0 / tl.maximum(d3, 1e-10)
        total = w1 + w2 + w3
        to = (cloud * n + query) * 3
        tl.store(index + to, i1, mask=real)
        tl.store(index + to + 1, i2, mask=real)
        tl.store(index + to + 2, i3, mask=real)
        tl.store(weight + to, w1 / total, mask=real)
        tl.store(weight + to + 1, w2 / total, mask=real)
        tl.store(weight + to + 2, w3 / total, mask=real)


def on_gpu(t):
    return triton is not None and t.is_cuda


def fps(coord, count, warps=16):
    b, n, _ = coord.shape
    if on_gpu(coord):
        out = torch.empty(b, count, dtype=torch.int64, device=coord.device)
        fps_kernel[(b,)](coord.contiguous(), out, n, count, BLOCK=triton.next_power_of_2(n), num_warps=warps)
        return out
    out = torch.zeros(b, count, dtype=torch.int64, device=coord.device)
    nearest = torch.full((b, n), float("inf"), device=coord.device)
    chosen = torch.zeros(b, dtype=torch.int64, device=coord.device)
    rows = torch.arange(b, device=coord.device)
    for sample in range(count):
        out[:, sample] = chosen
        d = coord - coord[rows, chosen][:, None]
        nearest = torch.minimum(nearest, (d * d).sum(-1))
        chosen = nearest.argmax(-1)
    return out


def ball_query(coord, centers, radius, k, block=16, points=128, warps=4):
    b, n, _ = coord.shape
    m = centers.shape[1]
    if on_gpu(coord):
        out = torch.empty(b, m, k, dtype=torch.int32, device=coord.device)
        grid = (triton.cdiv(m, block), b)
        ball_kernel[grid](
            coord.contiguous(), centers.contiguous(), out, n, m, radius * radius, K=k, CENTERS=block, POINTS=points, num_warps=warps
        )
        return out.long()
    rows = []
    for some in centers.split(256, dim=1):
        d = some[:, :, None] - coord[:, None]
        index = torch.where((d * d).sum(-1) < radius * radius, torch.arange(n, device=coord.device), n)
        # only the lowest k must be in order
        index = index.topk(k, dim=-1, largest=False, sorted=True).values
        first = torch.where(index[..., :1] == n, 0, index[..., :1])
        rows.append(torch.where(index == n, first, index))
    return torch.cat(rows, dim=1)


def gather(x, index):
    """Rows of x [b, n, c] by index [b, ...]."""
    b, n, c = x.shape
    flat = (index + torch.arange(b, device=x.device).view(-1, *[1] * (index.dim() - 1)) * n).reshape(-1)
    return x.reshape(b * n, c).index_select(0, flat).view(*index.shape, c)


def three_nn(fine, coarse, block=128, warps=4):
    if on_gpu(fine) and coarse.shape[1] >= 3:
        b, n, _ = fine.shape
        index = torch.empty(b, n, 3, dtype=torch.int32, device=fine.device)
        weight = torch.empty(b, n, 3, dtype=torch.float32, device=fine.device)
        grid = (triton.cdiv(n, block), b)
        three_nn_kernel[grid](fine.contiguous(), coarse.contiguous(), index, weight, n, coarse.shape[1], BLOCK=block, num_warps=warps)
        return index.long(), weight
    d, index = torch.cdist(fine, coarse, compute_mode="donot_use_mm_for_euclid_dist").topk(min(3, coarse.shape[1]), dim=-1, largest=False)
    w = 1.0 / (d * d).clamp_min(1e-10)
    return index, w / w.sum(-1, keepdim=True)


def geometry(coord):
    levels, below = [], coord
    for points, radius, k, _ in LEVELS:
        centers = gather(below, fps(below, points))
        levels.append((below, centers, ball_query(below, centers, radius, k), *three_nn(below, centers)))
        below = centers
    return levels


class Norm(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.bn = nn.BatchNorm1d(c)

    def forward(self, x):
        return F.relu(self.bn(x.reshape(-1, x.shape[-1])).view(x.shape))


class Abstraction(nn.Module):
    def __init__(self, c, channels, textbook):
        super().__init__()
        sizes = [3 + c, *channels]
        self.linears = nn.ModuleList(nn.Linear(a, b, bias=False) for a, b in zip(sizes, sizes[1:]))
        self.norms = nn.ModuleList(Norm(b) for b in channels)
        self.textbook = textbook

    def forward(self, level, features):
        below, centers, members = level[:3]
        if self.textbook:
            x = gather(below, members) - centers[:, :, None]
            if features is not None:
                x = torch.cat([x, gather(features, members)], -1)
            x = self.linears[0](x)
        else:
            w = self.linears[0].weight
            points = below if features is None else torch.cat([below, features], -1)
            x = gather(F.linear(points, w), members) - F.linear(centers, w[:, :3])[:, :, None]
        x = self.norms[0](x)
        for linear, norm in zip(self.linears[1:], self.norms[1:]):
            x = norm(linear(x))
        return x.amax(2)


class Propagation(nn.Module):
    def __init__(self, c, channels):
        super().__init__()
        sizes = [c, *channels]
        self.linears = nn.ModuleList(nn.Linear(a, b, bias=False) for a, b in zip(sizes, sizes[1:]))
        self.norms = nn.ModuleList(Norm(b) for b in channels)

    def forward(self, level, skip, coarse):
        index, weights = level[3:]
        x = (gather(coarse, index) * weights[..., None]).sum(2)
        if skip is not None:
            x = torch.cat([skip, x], -1)
        for linear, norm in zip(self.linears, self.norms):
            x = norm(linear(x))
        return x


class Network(nn.Module):
    def __init__(self, textbook):
        super().__init__()
        channels = [0] + [level[3][-1] for level in LEVELS]
        self.down = nn.ModuleList(Abstraction(c, level[3], textbook) for c, level in zip(channels, LEVELS))
        coarse = channels[-1]
        self.up = nn.ModuleList()
        for skip, sizes in zip(reversed(channels[:-1]), PROPAGATION):
            self.up.append(Propagation(skip + coarse, sizes))
            coarse = sizes[-1]
        self.hidden, self.norm, self.drop, self.out = nn.Linear(coarse, 128, bias=False), Norm(128), nn.Dropout(0.5), nn.Linear(128, CLASSES)

    def forward(self, levels):
        features = [None]
        for down, level in zip(self.down, levels):
            features.append(down(level, features[-1]))
        x = features.pop()
        for up, level in zip(self.up, reversed(levels)):
            x = up(level, features.pop(), x)
        return self.out(self.drop(self.norm(self.hidden(x))))


def crops(clouds, points, device):
    """Surfaces like those of `scanseg bench`."""
    g = torch.Generator().manual_seed(1)
    u, v = torch.rand(clouds, points, generator=g), torch.rand(clouds, points, generator=g)
    a, b, kind, half = (u - 0.5) * 1.5, (v - 0.5) * 1.5, torch.arange(points) % 5, torch.full((clouds, points), 0.75)
    kinds = [torch.stack(t, -1) for t in ([a, b, 0 * a], [a, half, v * 2.4], [-half, b, u * 2.4], [0.4 * a, 0.4 * b, half])]
    coord = torch.where((kind < 2)[:, None], kinds[0], torch.where((kind == 2)[:, None], kinds[1], torch.where((kind == 3)[:, None], kinds[2], kinds[3])))
    return coord.to(device), torch.where(kind < 2, 2, torch.where(kind < 4, 1, 7)).expand(clouds, -1).contiguous().to(device)


def wait(device):
    if device.type == "cuda":
        torch.cuda.synchronize()


def timed(work, repeats, device, before=1, at_a_time=1):
    for _ in range(before):
        work()
    seconds = []
    for _ in range(repeats):
        wait(device)
        start = time.perf_counter()
        for _ in range(at_a_time):
            work()
        wait(device)
        seconds.append((time.perf_counter() - start) / at_a_time)
    return seconds


def report(part, of, seconds, unit, units):
    median = statistics.median(seconds)
    print(json.dumps({"part": part, "of": of, "median": median, "shortest": min(seconds), "unit": unit, "rate": units / median}), flush=True)


def peaks(args, device):
    """What the card reaches, as a roofline: a large product in the precision of the comparison, and a copy."""
    n = 512 if args.smoke else 8192
    a, b = torch.rand(n, n, device=device), torch.rand(n, n, device=device)
    report("peak product", f"{n} x {n} x {n} in {args.precision}", timed(lambda: a @ b, args.repeats, device, 3), "FLOP", 2 * n**3)
    values = torch.rand(1 << (20 if args.smoke else 28), device=device)
    to = torch.empty_like(values)
    report("peak copy", f"{values.numel()} values of 4 bytes", timed(lambda: to.copy_(values), args.repeats, device, 3), "bytes", 8 * values.numel())


def best(variants, work, device):
    """The fastest of several launch parameters."""
    if device.type != "cuda" or triton is None:
        return variants[0]
    return min(variants, key=lambda v: statistics.median(timed(lambda: work(*v), 5, device, 2)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--clouds", type=int, default=32)
    parser.add_argument("--points", type=int, default=8192)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--scene", type=int, default=150_000)
    parser.add_argument("--precision", choices=["f32", "tf32"], default="f32", help="f32 multiplies as scanseg's f32 does")
    parser.add_argument("--textbook", action="store_true")
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--smoke", action="store_true", help="seconds of tiny work, to see that it runs")
    args = parser.parse_args()
    if args.smoke:
        args.clouds, args.points, args.repeats, args.scene = 2, 1024, 2, 4096
    device = torch.device(args.device)
    torch.backends.cuda.matmul.allow_tf32 = args.precision == "tf32"
    print(f"torch {torch.__version__}, triton {getattr(triton, '__version__', 'none')}, {device}", file=sys.stderr)
    peaks(args, device)
    coord, labels = crops(args.clouds, args.points, device)
    count = min(1024, args.points)
    distances = args.clouds * args.points * count

    (warps,) = best([(4,), (8,), (16,), (32,)], lambda w: fps(coord, count, w), device)
    report("farthest point sampling", f"{args.clouds} x {args.points} -> {count}", timed(lambda: fps(coord, count, warps), args.repeats, device, at_a_time=8), "distances", distances)
    centers = gather(coord, fps(coord, count))
    variants = [(block, points, warps) for block in (4, 8, 16, 32) for points in (64, 128, 256) for warps in (4, 8)]
    chosen = best(variants, lambda *v: ball_query(coord, centers, 0.1, 32, *v), device)
    report("ball query", f"{args.clouds} x {count} balls of 0.1 m among {args.points}", timed(lambda: ball_query(coord, centers, 0.1, 32, *chosen), args.repeats, device, at_a_time=8), "distances", distances)

    fine, coarse = coord, centers
    if device.type == "cuda" and triton is not None:
        # the kernel and PyTorch must agree
        index, weight = three_nn(fine[:1], coarse[:1])
        d = torch.cdist(fine[:1], coarse[:1], compute_mode="donot_use_mm_for_euclid_dist")
        nearest = d.topk(3, dim=-1, largest=False).values
        assert torch.allclose(d.gather(2, index), nearest, atol=1e-6) and torch.allclose(weight.sum(-1), torch.ones(1, device=device), atol=1e-5)
    variants = [(block, warps) for block in (64, 128, 256) for warps in (1, 2, 4)]
    chosen = best(variants, lambda *v: three_nn(fine, coarse, *v), device)
    report("three nearest neighbours", f"{args.clouds} x {args.points} among {count}", timed(lambda: three_nn(fine, coarse, *chosen), args.repeats, device, at_a_time=8), "distances", distances)

    forms = ["eager"] if args.no_compile else ["eager", "compiled"]
    for form in forms:
        torch.manual_seed(1)
        network = Network(args.textbook).to(device)
        optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=device.type == "cuda")
        run = network if form == "eager" else torch.compile(network)
        flat = labels.reshape(-1)

        def step():
            levels = geometry(coord)
            scores = run(levels)
            loss = F.cross_entropy(scores.reshape(-1, CLASSES), flat)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()

        try:
            seconds = timed(step, args.repeats, device, 3)
        except Exception as error:  # torch.compile needs a C compiler
            print(f"{form}: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        report(f"training step ({form})", f"{args.clouds} x {args.points}", seconds, "crops", args.clouds)
        network.eval()
        tiles = -(-args.scene // args.points)
        clouds = min(4, tiles)
        scene = crops(clouds, args.points, device)[0]

        def label():
            with torch.no_grad():
                for _ in range(-(-tiles // clouds)):
                    run(geometry(scene)).cpu()

        report(f"labelling a scene ({form})", f"{args.scene} points in batches of {clouds} tiles", timed(label, min(args.repeats, 10), device), "points", args.scene)


if __name__ == "__main__":
    main()
