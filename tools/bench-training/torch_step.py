#!/usr/bin/env python3
"""A training step of PointNet++ (configs/pointnet2-ssg.toml) in PyTorch on the CPU, as a user would write it.

usage: torch_step.py BATCH.safetensors {rows|conv} STEPS THREADS DROPOUT

BATCH is the file that `scanseg bench --export` writes: coordinates, neighbours and labels of a batch, and initial weights, so that both
programs do the same work and their first losses can be compared. `rows` stores one point per row (Linear, BatchNorm1d); `conv` is the
layout of public repositories (1x1 convolutions, channels before points). Prints one line of JSON.
"""
import json
import resource
import struct
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

path, layout, steps, threads, dropout = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
torch.set_num_threads(threads)
torch.manual_seed(0)


def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    kinds = {"F32": torch.float32, "I32": torch.int32}
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            values = torch.frombuffer(data, dtype=kinds[entry["dtype"]], count=(end - begin) // 4, offset=begin)
            tensors[name] = values.reshape(entry["shape"]).clone()
    return tensors


class Perceptron(nn.Module):
    """Linear maps without bias, batch normalisation, ReLU."""

    def __init__(self, file, name, dims):
        super().__init__()
        layers = []
        while f"{name}.weights.{len(layers) // 3}" in file:
            number = len(layers) // 3
            weight = file[f"{name}.weights.{number}"].T.contiguous()
            out, inputs = weight.shape
            if layout == "rows":
                linear, norm = nn.Linear(inputs, out, bias=False), nn.BatchNorm1d(out)
                linear.weight.data = weight
            else:
                linear = (nn.Conv2d if dims == 2 else nn.Conv1d)(inputs, out, 1, bias=False)
                norm = (nn.BatchNorm2d if dims == 2 else nn.BatchNorm1d)(out)
                linear.weight.data = weight.reshape(linear.weight.shape)
            layers += [linear, norm, nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x)


class Network(nn.Module):
    def __init__(self, file):
        super().__init__()
        self.clouds = None
        count = sum(name.endswith(".groups0") for name in file)
        self.abstractions = nn.ModuleList(Perceptron(file, f"model.abstractions.{i}.scales.0.mlp", 2) for i in range(count))
        self.propagations = nn.ModuleList(Perceptron(file, f"model.propagations.{i}.mlp", 1) for i in range(count))
        self.head = Perceptron(file, "model.head", 1)
        weight = file["model.classifier.weight"].T.contiguous()
        self.classifier = nn.Linear(weight.shape[1], weight.shape[0]) if layout == "rows" else nn.Conv1d(weight.shape[1], weight.shape[0], 1)
        self.classifier.weight.data = weight.reshape(self.classifier.weight.shape)
        self.classifier.bias.data = file["model.classifier.bias"].clone()

    def rows(self, geometry, features):
        levels = [features]
        for i, perceptron in enumerate(self.abstractions):
            coord, groups = geometry["coord"], geometry["groups"][i]
            m, k = groups.shape
            near = coord[i].index_select(0, groups.reshape(-1)).view(m, k, 3) - coord[i + 1].view(m, 1, 3)
            near = torch.cat([near, levels[i].index_select(0, groups.reshape(-1)).view(m, k, -1)], 2)
            levels.append(perceptron(near.view(m * k, -1)).view(m, k, -1).max(1)[0])
        x = levels.pop()
        for i, perceptron in enumerate(self.propagations):
            level = len(self.propagations) - 1 - i
            near, weights = geometry["near"][level], geometry["weights"][level]
            x = (x.index_select(0, near.reshape(-1)).view(len(near), 3, -1) * weights.unsqueeze(2)).sum(1)
            if level > 0:
                x = torch.cat([levels[level], x], 1)
            x = perceptron(x)
        return self.classifier(F.dropout(self.head(x), dropout, self.training))

    def conv(self, geometry, features):
        clouds = geometry["clouds"]
        each = lambda x: x.reshape(clouds, -1, *x.shape[1:])
        own = lambda x, below: each(x) - torch.arange(clouds).view(-1, *[1] * x.dim()) * (below // clouds)
        cloud = lambda x: torch.arange(clouds).view(-1, *[1] * (x.dim() - 1))
        levels = [each(features)]
        for i, perceptron in enumerate(self.abstractions):
            groups = own(geometry["groups"][i], len(geometry["coord"][i]))
            near = each(geometry["coord"][i])[cloud(groups), groups] - each(geometry["coord"][i + 1]).unsqueeze(2)
            near = torch.cat([near, levels[i][cloud(groups), groups]], 3).permute(0, 3, 2, 1)
            levels.append(perceptron(near).max(2)[0].permute(0, 2, 1))
        x = levels.pop()
        for i, perceptron in enumerate(self.propagations):
            level = len(self.propagations) - 1 - i
            near = own(geometry["near"][level], x.shape[1] * clouds)
            x = (x[cloud(near), near] * each(geometry["weights"][level]).unsqueeze(3)).sum(2)
            if level > 0:
                x = torch.cat([levels[level], x], 2)
            x = perceptron(x.permute(0, 2, 1)).permute(0, 2, 1)
        x = self.classifier(F.dropout(self.head(x.permute(0, 2, 1)), dropout, self.training))
        return x.permute(0, 2, 1).reshape(-1, x.shape[1])


file = read(path)
levels = sum(name.endswith(".coord") for name in file)
geometry = {
    "clouds": 4,
    "coord": [file[f"level{i}.coord"] for i in range(levels)],
    "groups": [file[f"level{i}.groups0"].long() for i in range(1, levels)],
    "near": [file[f"level{i}.interpolation"].long() for i in range(1, levels)],
    "weights": [file[f"level{i}.interpolation_weights"] for i in range(1, levels)],
}
features, labels, weights = file["features"], file["labels"].long(), file["label_weights"]
network = Network(file)
optimizer = torch.optim.Adam(network.parameters(), 1e-3)
times, first = [], None
for _ in range(steps + 2):
    begin = time.perf_counter()
    scores = getattr(network, layout)(geometry, features)
    loss = (F.cross_entropy(scores, labels, reduction="none") * weights).sum() / (weights != 0).sum().clamp(min=1)
    first = loss.item() if first is None else first
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    times.append(1e3 * (time.perf_counter() - begin))
times = sorted(times[2:])
print(json.dumps({
    "median_ms": times[len(times) // 2],
    "first_loss": first,
    "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    "torch": torch.__version__,
}))
