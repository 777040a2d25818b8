"""PyTorch checkpoints of PointNet++ in the layout of public repositories, as a reference for `scanseg weights`.

A small single-scale network whose parameters have the names of https://github.com/yanx27/Pointnet_Pointnet2_pytorch. It
was written for this purpose in the form of the paper, with gathered groups, convolutions with biases, and batch norms,
and is trained for a few steps. Run

    python3 -m venv venv && venv/bin/pip install torch numpy safetensors
    venv/bin/python tests/reference/weights.py

to write to tests/reference/weights/:

- `zip.pth` and `legacy.pth`: a checkpoint of a training, with `model_state_dict`, the state of the optimiser and numpy
  scalars. (`legacy.pth` contains addresses, so it changes from run to run; the other files do not.)
- `wrapped.pth`: the bare state dict of a data-parallel network (every name starts with `module.`) in 64 bits.
- `logits.safetensors`: points, features, and the network's scores in evaluation mode, computed in 64 bits on geometry
  in 32 bits.

    venv/bin/python tests/reference/weights.py --check FILE.pth

checks a file that `scanseg weights export` wrote after `scanseg weights import tests/reference/weights/zip.pth`: it
reads the file with `weights_only=True`, loads it into the network, compares tensors and scores, and exits with 1 if
they differ.
"""

import pathlib
import sys

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F

HERE = pathlib.Path(__file__).parent / "weights"
POINTS, FEATURES, CLASSES = 192, 4, 21
LEVELS = [(64, 0.3, 8, [8, 8, 12]), (24, 0.5, 8, [12, 16]), (8, 0.8, 6, [16, 20]), (4, 1.6, 6, [20, 24])]
PROPAGATION = [[24, 20], [20], [16, 16], [16, 16, 12]]
HEAD = 16


def squared_distances(a, b):
    d = a[:, None, :] - b[None, :, :]
    return d[..., 0] * d[..., 0] + d[..., 1] * d[..., 1] + d[..., 2] * d[..., 2]


def farthest_points(xyz, count):
    chosen, nearest = [0], torch.full((len(xyz),), float("inf"))
    while len(chosen) < count:
        nearest = torch.minimum(nearest, squared_distances(xyz[chosen[-1:]], xyz)[0])
        chosen.append(int(nearest.argmax()))
    return torch.tensor(chosen)


def ball(xyz, centers, radius, k):
    groups = []
    for row in squared_distances(centers, xyz):
        inside = (row < radius**2).nonzero()[:, 0].tolist()[:k]
        groups.append(inside + inside[:1] * (k - len(inside)))
    return torch.tensor(groups)


class SetAbstraction(nn.Module):
    def __init__(self, points, radius, k, channels, inputs):
        super().__init__()
        self.points, self.radius, self.k = points, radius, k
        self.mlp_convs, self.mlp_bns = nn.ModuleList(), nn.ModuleList()
        for out in channels:
            self.mlp_convs.append(nn.Conv2d(inputs, out, 1))
            self.mlp_bns.append(nn.BatchNorm2d(out))
            inputs = out

    def forward(self, xyz, features):
        """Takes [N, 3] and [C, N] of one cloud, and returns the centers and their features."""
        centers = xyz[farthest_points(xyz, self.points)]
        group = ball(xyz, centers, self.radius, self.k)
        position = (xyz[group] - centers[:, None]).to(features.dtype).permute(2, 1, 0)
        x = torch.cat([position, features[:, group].transpose(1, 2)])[None]
        for conv, bn in zip(self.mlp_convs, self.mlp_bns):
            x = F.relu(bn(conv(x)))
        return centers, x.amax(2)[0]


class FeaturePropagation(nn.Module):
    def __init__(self, channels, inputs):
        super().__init__()
        self.mlp_convs, self.mlp_bns = nn.ModuleList(), nn.ModuleList()
        for out in channels:
            self.mlp_convs.append(nn.Conv1d(inputs, out, 1))
            self.mlp_bns.append(nn.BatchNorm1d(out))
            inputs = out

    def forward(self, fine, coarse, skip, features):
        distance, index = squared_distances(fine, coarse).sort(dim=1, stable=True)
        weight = 1 / distance[:, :3].to(features.dtype).clamp_min(1e-10)
        weight = weight / weight.sum(1, keepdim=True)
        x = (features[:, index[:, :3]] * weight).sum(2)
        x = (x if skip is None else torch.cat([skip, x]))[None]
        for conv, bn in zip(self.mlp_convs, self.mlp_bns):
            x = F.relu(bn(conv(x)))
        return x[0]


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        inputs, channels = FEATURES, []
        for i, (points, radius, k, mlp) in enumerate(LEVELS, 1):
            setattr(self, f"sa{i}", SetAbstraction(points, radius, k, mlp, 3 + inputs))
            inputs = mlp[-1]
            channels.append(inputs)
        for i, mlp in zip(range(len(LEVELS), 0, -1), PROPAGATION):
            skip = channels[i - 2] if i > 1 else 0
            setattr(self, f"fp{i}", FeaturePropagation(mlp, skip + inputs))
            inputs = mlp[-1]
        self.conv1 = nn.Conv1d(inputs, HEAD, 1)
        self.bn1 = nn.BatchNorm1d(HEAD)
        self.drop1 = nn.Dropout(0.5)
        self.conv2 = nn.Conv1d(HEAD, CLASSES, 1)

    def forward(self, xyz, features):
        """Takes [N, 3] and [N, C] of one cloud, and returns scores [N, classes]."""
        levels = [(xyz, features.T)]
        for i in range(1, len(LEVELS) + 1):
            levels.append(getattr(self, f"sa{i}")(*levels[-1]))
        x = levels[-1][1]
        for i in range(len(LEVELS), 0, -1):
            skip = levels[i - 1][1] if i > 1 else None
            x = getattr(self, f"fp{i}")(levels[i - 1][0], levels[i][0], skip, x)
        x = self.drop1(F.relu(self.bn1(self.conv1(x[None]))))
        return self.conv2(x)[0].T


def cloud(seed):
    g = torch.Generator().manual_seed(seed)
    return torch.rand(POINTS, 3, generator=g) * torch.tensor([1.5, 1.5, 2.0]), torch.rand(POINTS, FEATURES, generator=g)


def evaluated(network, xyz, features):
    network = network.double().eval()
    with torch.no_grad():
        return network(xyz, features.double())


def write():
    torch.manual_seed(7)
    network = Network()
    for bn in (m for m in network.modules() if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d))):
        nn.init.uniform_(bn.weight, 0.5, 1.5)
        nn.init.normal_(bn.bias, 0, 0.3)
    for conv in (m for m in network.modules() if isinstance(m, (nn.Conv1d, nn.Conv2d))):
        nn.init.normal_(conv.bias, 0, 0.5)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for step in range(12):
        loss = F.cross_entropy(network(*cloud(100 + step)), torch.randint(CLASSES, (POINTS,)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    state = network.state_dict()
    # an optimiser of the last layer only keeps the files small
    last = torch.optim.Adam(network.conv2.parameters(), lr=1e-3)
    network.conv2(torch.rand(1, HEAD, 5)).sum().backward()
    last.step()
    checkpoint = {
        "epoch": 12,
        "class_avg_iou": np.float64(0.25),
        "best_oa": np.float32(0.5),
        "weights": np.arange(3, dtype=np.float32),
        "model_state_dict": state,
        "optimizer_state_dict": last.state_dict(),
    }
    checkpoint["model_state_dict"] = state = {k: v.clone() for k, v in state.items()}
    HERE.mkdir(exist_ok=True)
    torch.save(checkpoint, HERE / "zip.pth")
    torch.save(checkpoint, HERE / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save({f"module.{k}": v.double() if v.is_floating_point() else v for k, v in state.items()}, HERE / "wrapped.pth")
    fresh = Network()
    fresh.load_state_dict(state)
    xyz, features = cloud(1)
    logits = evaluated(fresh, xyz, features).float()
    save_file({"coord": xyz, "features": features, "logits": logits.contiguous()}, HERE / "logits.safetensors")
    for path in sorted(HERE.iterdir()):
        print(path.stat().st_size, path.name)
    print("logits", float(logits.min()), float(logits.max()))


def check(path):
    exported = torch.load(path, weights_only=True)
    original = torch.load(HERE / "zip.pth", weights_only=False)["model_state_dict"]
    good = list(exported) == list(original)
    print("names in the order of the original:", good)
    exact = folded = zero = counters = 0
    for name, tensor in exported.items():
        there = original[name]
        same_kind = tensor.shape == there.shape and tensor.dtype == there.dtype and tensor.is_contiguous()
        module, field = name.rsplit(".", 1)
        # the bias of a convolution is folded into the running mean of the norm after it
        bn = module.replace("mlp_convs", "mlp_bns").replace("conv1", "bn1")
        conv = module.replace("mlp_bns", "mlp_convs").replace("bn1", "conv1")
        if field == "num_batches_tracked":
            fits, counters = int(tensor) == 0, counters + 1
        elif field == "running_mean":
            fits, folded = torch.equal(tensor, there - original[f"{conv}.bias"]), folded + 1
        elif field == "bias" and bn != module:
            fits, zero = bool((tensor == 0).all()), zero + 1
        else:
            fits, exact = torch.equal(tensor, there), exact + 1
        if not (same_kind and fits):
            print("differs:", name)
            good = False
    print(f"{exact} tensors equal, {folded} running means less their bias, {zero} zero biases, {counters} counters of 0")
    network = Network()
    print("load_state_dict:", network.load_state_dict(exported, strict=True))
    golden = load_file(HERE / "logits.safetensors")
    logits = evaluated(network, golden["coord"], golden["features"])
    difference = float((logits - golden["logits"]).abs().max())
    print("largest difference of a score:", difference)
    return good and difference < 1e-5


if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"]:
        sys.exit(0 if check(sys.argv[2]) else 1)
    write()
