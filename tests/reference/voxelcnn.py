"""3DCNN in PyTorch, as a reference for the crate `voxelcnn`.

Made of PyTorch's own convolutions, batch normalisations and linear layers, on grids that plain loops fill. Cells are
found in 32 bits, because rounding decides in which one a point lies; everything else is in 64 bits. Run

    python3 -m venv venv && venv/bin/pip install torch numpy safetensors
    venv/bin/python tests/reference/voxelcnn.py

to write tests/reference/voxelcnn/small.safetensors: weights, clouds, cells, scores, running statistics and gradients, in
training and evaluation mode, for batches of 1 and 3 clouds. Weights are written as the crate has them: convolutions as
[z · y · x · in, out], linear layers as [in, out] with the inputs of the first in the order z, y, x, channel.
"""

import pathlib

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

HERE = pathlib.Path(__file__).parent / "voxelcnn"
CELL, GRID, BELOW = np.float32(0.1), (11, 13, 16), 2  # grid: x, y, z
CHANNELS, HIDDEN, CLASSES, POINTS = [3, 4], 6, 4, 200


def voxels(cloud):
    """[points, 3] -> occupied and known, [2, z, y, x], and the height of every point"""
    grid = np.zeros((2, GRID[2], GRID[1], GRID[0]))
    heights = []
    for p in cloud:
        x = int(np.floor(p[0] / CELL + np.float32(GRID[0] / 2)))
        y = int(np.floor(p[1] / CELL + np.float32(GRID[1] / 2)))
        z = int(np.floor(p[2] / CELL + np.float32(BELOW)))
        if 0 <= x < GRID[0] and 0 <= y < GRID[1] and 0 <= z < GRID[2]:
            grid[0, z, y, x] = 1
        heights.append(min(max(z, 0), GRID[2] - 1))
    for x in range(GRID[0]):
        for y in range(GRID[1]):
            for z in range(GRID[2]):
                grid[1, z, y, x] = float(grid[0, : z + 1, y, x].any())
    return grid, heights


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolutions, self.norms = nn.ModuleList(), nn.ModuleList()
        cells, inputs = [GRID[2], GRID[1], GRID[0]], 2
        for channels in CHANNELS:
            self.convolutions.append(nn.Conv3d(inputs, channels, (4, 3, 3), stride=2, bias=False))
            self.convolutions.append(nn.Conv3d(channels, channels, 1, bias=False))
            self.convolutions.append(nn.Conv3d(channels, channels, 1, bias=False))
            self.norms.extend(nn.BatchNorm3d(channels) for _ in range(3))
            cells = [(n - k) // 2 + 1 for n, k in zip(cells, (4, 3, 3))]
            inputs = channels
        self.cells = cells
        self.hidden = nn.Linear(inputs * cells[0] * cells[1] * cells[2], HIDDEN)
        self.classifier = nn.Linear(HIDDEN, GRID[2] * CLASSES)

    def forward(self, grids, heights):
        """[batch, 2, z, y, x], [batch, points] -> [batch, points, classes]"""
        x = grids
        for convolution, norm in zip(self.convolutions, self.norms):
            x = norm(convolution(x)).relu()
        columns = self.classifier(self.hidden(x.flatten(1)).relu()).reshape(len(x), GRID[2], CLASSES)
        return torch.stack([column[rows] for column, rows in zip(columns, heights)])

    def entries(self):
        """Yields (name in the crate, tensor, how it is stored)."""
        for i, (convolution, norm) in enumerate(zip(self.convolutions, self.norms)):
            path = f"stages.{i // 3}.mlp"
            yield f"{path}.weights.{i % 3}", convolution.weight, self.stored_convolution
            for name, tensor in [("gamma", norm.weight), ("beta", norm.bias), ("running_mean", norm.running_mean),
                                 ("running_var", norm.running_var)]:
                yield f"{path}.norms.{i % 3}.{name}", tensor, lambda t: t
        yield "hidden.weight", self.hidden.weight, self.stored_hidden
        yield "hidden.bias", self.hidden.bias, lambda t: t
        yield "classifier.weight", self.classifier.weight, lambda t: t.T
        yield "classifier.bias", self.classifier.bias, lambda t: t

    def stored_convolution(self, weight):
        return weight.permute(2, 3, 4, 1, 0).reshape(-1, len(weight))

    def stored_hidden(self, weight):
        return weight.reshape(len(weight), CHANNELS[-1], *self.cells).permute(2, 3, 4, 1, 0).reshape(-1, len(weight))


def randomise(network):
    with torch.no_grad():
        for name, tensor, _ in network.entries():
            if name.endswith(("gamma", "running_var")):
                tensor.uniform_(0.5, 1.5)
            elif tensor.dim() > 1:
                tensor.normal_(0, (2.0 / tensor[0].numel()) ** 0.5)
            else:
                tensor.normal_(0, 0.3)
            # round to 32 bits
            tensor.copy_(tensor.float())


def clouds(batch):
    """Points around the grid, some outside it; half of them in the middle column, several in one cell."""
    low, high = torch.tensor([-0.7, -0.8, -0.4]), torch.tensor([0.7, 0.8, 1.8])
    xyz = low + (high - low) * torch.rand(batch, POINTS, 3)
    xyz[:, ::2, :2] *= 0.05
    xyz[:, 1::8, 2] = 0.0
    return xyz


def stored(tensor):
    return tensor.detach().clone().float().contiguous()


def main():
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(20260303)
    network = Network()
    randomise(network)
    start = {name: tensor.detach().clone() for name, tensor, _ in network.entries()}
    out = {f"start.{name}": stored(how(start[name])) for name, _, how in network.entries()}
    for batch in [1, 3]:
        xyz = clouds(batch).float()
        filled = [voxels(cloud) for cloud in xyz.numpy()]
        grids, heights = torch.tensor(np.stack([f[0] for f in filled])), torch.tensor([f[1] for f in filled])
        upstream = torch.randn(batch, POINTS, CLASSES).float().double()
        out |= {f"{batch}.coord": stored(xyz), f"{batch}.upstream": stored(upstream)}
        out |= {f"{batch}.cells": stored(grids.permute(0, 2, 3, 4, 1)), f"{batch}.heights": heights.int()}
        for mode in ["train", "eval"]:
            with torch.no_grad():
                for name, tensor, _ in network.entries():
                    tensor.copy_(start[name])
            network.train(mode == "train")
            network.zero_grad()
            scores = network(grids, heights)
            scores.backward(upstream)
            out[f"{mode}.{batch}.output"] = stored(scores)
            for name, tensor, how in network.entries():
                if "running" not in name:
                    out[f"{mode}.{batch}.gradient.{name}"] = stored(how(tensor.grad))
                elif mode == "train":
                    out[f"{mode}.{batch}.after.{name}"] = stored(tensor)
    HERE.mkdir(exist_ok=True)
    path = HERE / "small.safetensors"
    save_file(out, path)
    path.chmod(0o644)
    print(f"{path.stat().st_size / 1024:.0f} KiB, {sum(v.numel() for v in start.values())} values")


if __name__ == "__main__":
    main()
