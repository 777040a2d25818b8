#!/usr/bin/env python3
"""A training step of PointCNN (configs/pointcnn.toml) in PyTorch on the CPU, as a user would write it.

usage: torch_pointcnn.py BATCH.safetensors {mul|einsum|conv} STEPS THREADS

BATCH is the file that `scanseg bench --export` writes: neighbours and labels of a batch, and initial weights, so that both programs do
the same work and, with model.dropout=0.0, their first losses can be compared. The second argument says how the depthwise convolution of
the features is computed: as products and a sum, as an einsum, or as a grouped convolution. Prints one line of JSON.
"""
import json
import resource
import struct
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

path, depthwise, steps, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
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


def norm(channels):
    return nn.BatchNorm1d(channels, eps=1e-3, momentum=0.01)


class Dense(nn.Module):
    def __init__(self, file, name):
        super().__init__()
        weight = file[f"{name}.weight"].T.contiguous()
        self.linear = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
        self.linear.weight.data = weight
        self.norm = norm(weight.shape[0])

    def forward(self, x):
        return self.norm(F.elu(self.linear(x)))


def dense_list(file, name):
    count = sum(key.startswith(name + ".") and key.endswith(".weight") for key in file)
    return nn.ModuleList(Dense(file, f"{name}.{i}") for i in range(count))


class XConv(nn.Module):
    def __init__(self, file, name):
        super().__init__()
        self.lift, self.own = dense_list(file, f"{name}.lift"), dense_list(file, f"{name}.global")
        self.transform, self.pointwise = Dense(file, f"{name}.transform"), Dense(file, f"{name}.pointwise")
        k = self.k = len(file[f"{name}.mix"])
        self.mixes = nn.ParameterList(file[f"{name}.{mix}"].reshape(k, k, k).transpose(0, 1).contiguous() for mix in ("mix", "last_mix"))
        self.norms = nn.ModuleList([norm(k * k), norm(k * k)])
        lifted = len(self.lift[1].linear.weight)
        weight = file[f"{name}.depthwise"].reshape(k, -1, lifted)
        if f"{name}.depthwise_features" in file:
            weight = torch.cat([weight, file[f"{name}.depthwise_features"].reshape(k, weight.shape[1], -1)], 2)
        self.multiplier, channels = weight.shape[1:]
        # all channels of a multiple are side by side, as the product needs them; for a convolution those of a channel are
        pointwise = self.pointwise.linear.weight.data
        parts = pointwise[:, : self.multiplier * lifted], pointwise[:, self.multiplier * lifted :]
        pointwise = torch.cat([part.unflatten(1, (self.multiplier, part.shape[1] // self.multiplier)) for part in parts if part.shape[1]], 2)
        if depthwise == "conv":
            self.weight = nn.Parameter(weight.permute(2, 1, 0).reshape(channels * self.multiplier, 1, k).contiguous())
            pointwise = pointwise.transpose(1, 2)
        else:
            self.weight = nn.Parameter(weight.contiguous())
        self.pointwise.linear.weight.data = pointwise.flatten(1).contiguous()

    def mixed(self, x, weight):
        return torch.bmm(x.unflatten(1, (self.k, self.k)).permute(2, 0, 1), weight).transpose(0, 1).flatten(1)

    def forward(self, near, indices, features, own):
        m, k = indices.shape
        x = self.transform(near)
        x = self.norms[0](F.elu(self.mixed(x, self.mixes[0])))
        x = self.norms[1](self.mixed(x, self.mixes[1])).view(m, k, k)
        members = self.lift[1](self.lift[0](near.view(m * k, 3)))
        if features is not None:
            members = torch.cat([members, features.index_select(0, indices.reshape(-1))], 1)
        x = torch.bmm(x, members.view(m, k, -1))
        if depthwise == "mul":
            x = (x.unsqueeze(2) * self.weight).sum(1).flatten(1)
        elif depthwise == "einsum":
            x = torch.einsum("mkc,kqc->mqc", x, self.weight).flatten(1)
        else:
            x = F.conv1d(x.transpose(1, 2), self.weight, groups=x.shape[2]).flatten(1)
        x = self.pointwise(x)
        for layer in self.own:
            own = layer(own)
        return torch.cat([own, x], 1) if len(self.own) else x


class Network(nn.Module):
    def __init__(self, file):
        super().__init__()
        layers = range(sum(name.startswith("encoder.") and name.endswith(".indices") for name in file))
        self.encoder = nn.ModuleList(XConv(file, f"model.encoder.{i}") for i in layers)
        self.decoder = nn.ModuleList(XConv(file, f"model.decoder.{i}.conv") for i in layers)
        self.fuse = nn.ModuleList(Dense(file, f"model.decoder.{i}.fuse") for i in layers)
        self.head = dense_list(file, "model.head")
        weight = file["model.classifier.weight"].T.contiguous()
        self.classifier = nn.Linear(weight.shape[1], weight.shape[0])
        self.classifier.weight.data, self.classifier.bias.data = weight, file["model.classifier.bias"].clone()

    def forward(self, geometry):
        levels, x = [], None
        for i, conv in enumerate(self.encoder):
            x = conv(*geometry[f"encoder.{i}"], x, geometry["last"])
            levels.append(x)
        for i, (conv, fuse) in enumerate(zip(self.decoder, self.fuse)):
            x = conv(*geometry[f"decoder.{i}"], x, None)
            x = fuse(torch.cat([x, levels.pop()], 1))
        for layer in self.head:
            x = layer(x)
        return self.classifier(x)


file = read(path)
geometry = {"last": file["last"]}
for name in file:
    if name.endswith(".indices"):
        layer = name.removesuffix(".indices")
        geometry[layer] = (file[f"{layer}.relative"], file[name].long())
labels, weights = file["labels"].long(), file["label_weights"]
network = Network(file)
optimizer = torch.optim.Adam(network.parameters(), 1e-3)
times, first = [], None
for _ in range(steps + 2):
    begin = time.perf_counter()
    loss = (F.cross_entropy(network(geometry), labels, reduction="none") * weights).sum() / (weights != 0).sum().clamp(min=1)
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
