"""PointCNN and its X-convolution in PyTorch, as a reference for the crate `pointcnn`.

Written in the form of the paper and the authors' code (Li et al. 2018): brute-force sampling and neighbours; the
transformation is a K×K matrix made by convolutions, multiplied with the gathered features. Geometry is computed in 32
bits, because it decides which points are neighbours; everything else in 64 bits. Batch normalisation is that of
`pointnet2_layers.py` with the authors' ε and momentum: in training the biased variance of the batch normalises, and the
running variance is unbiased. Run

    python3 -m venv venv && venv/bin/pip install torch numpy safetensors
    venv/bin/python tests/reference/pointcnn_layers.py

to write a file for each case to tests/reference/pointcnn/: weights, inputs, outputs, running statistics and gradients,
in training and evaluation mode, for batches of 1 and 3. Each cloud has duplicated points. Weights are [in, out], features
[batch, points, channels].
"""

import pathlib

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.functional import elu

from pointnet2_layers import Linear, Norm, entries, farthest_points, randomise, rounded, squared_distances, stored

HERE = pathlib.Path(__file__).parent / "pointcnn"
POINTS, CLASSES = 40, 4


def neighbors(points, centers, k, dilation):
    """Every D-th of the K·D nearest places of each center; they begin again at the end. Indices of first points."""
    first = [i for i, p in enumerate(points.tolist()) if p not in points[:i].tolist()]
    order = squared_distances(centers, points[first]).sort(dim=1, stable=True)[1]
    chosen = [row[at % len(first)] for row in order.tolist() for at in range(0, k * dilation, dilation)]
    return torch.tensor([first[i] for i in chosen]).reshape(len(centers), k)


def norm(channels):
    layer = Norm(channels)
    layer.epsilon, layer.momentum = 1e-3, 0.01
    return layer


class Dense(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(c_in, c_out))
        self.norm = norm(c_out)

    def forward(self, x):
        return self.norm(elu(x @ self.weight))


class XConv(nn.Module):
    def __init__(self, k, dilation, features, lift, multiplier, channels, with_global=0):
        super().__init__()
        self.k, self.dilation, self.multiplier = k, dilation, multiplier
        self.lift = nn.ModuleList([Dense(3, lift), Dense(lift, lift)])
        self.transform = Dense(3 * k, k * k)
        self.mix = nn.Parameter(torch.zeros(k, k * k))
        self.mix_norm = norm(k * k)
        self.last_mix = nn.Parameter(torch.zeros(k, k * k))
        self.last_norm = norm(k * k)
        self.depthwise = nn.Parameter(torch.zeros(k, multiplier * lift))
        self.depthwise_features = nn.Parameter(torch.zeros(k, multiplier * features)) if features else None
        self.pointwise = Dense(multiplier * (lift + features), channels)
        sizes = [(3, with_global), (with_global, with_global)] if with_global else []
        setattr(self, "global", nn.ModuleList([Dense(*size) for size in sizes]))

    def mixed(self, x, weight):
        """A depthwise 1×K convolution with multiplier K of [batch, P, K, K], whose last axis are the channels."""
        return torch.einsum("bpwc,wcq->bpcq", x, weight.reshape(self.k, self.k, self.k)).flatten(2)

    def separable(self, x, weight):
        """The depthwise part for [batch, P, K, C]; all channels of a multiple are side by side."""
        return torch.einsum("bpkc,kqc->bpqc", x, weight.reshape(self.k, self.multiplier, -1)).flatten(2)

    def forward(self, points, centers, features, own):
        index = [neighbors(p, c, self.k, self.dilation) for p, c in zip(points, centers)]
        near = torch.stack([p[i] - c[:, None] for p, c, i in zip(points, centers, index)]).double()
        x = self.transform(near.flatten(2)).unflatten(2, (self.k, self.k))
        x = self.mix_norm(elu(self.mixed(x, self.mix))).unflatten(2, (self.k, self.k))
        x = self.last_norm(self.mixed(x, self.last_mix)).unflatten(2, (self.k, self.k))
        made = [self.separable(x @ self.lift[1](self.lift[0](near)), self.depthwise)]
        if features is not None:
            gathered = torch.stack([f[i] for f, i in zip(features, index)])
            made.append(self.separable(x @ gathered, self.depthwise_features))
        made = self.pointwise(torch.cat(made, 2))
        for layer in getattr(self, "global"):
            own = layer(own)
        return torch.cat([own, made], 2) if len(getattr(self, "global")) else made


class DecoderConv(nn.Module):
    def __init__(self, conv, c_in, c_out):
        super().__init__()
        self.conv, self.fuse = conv, Dense(c_in, c_out)


class PointCnn(nn.Module):
    """Two levels of 40 and 14 points, of 8 and 12 channels; the last has a global part of 3."""

    def __init__(self, features):
        super().__init__()
        self.input = Dense(features, 4) if features else None
        first = XConv(5, 1, 4 if features else 0, 2 if features else 4, 4, 8)
        self.encoder = nn.ModuleList([first, XConv(4, 3, 8, 2, 2, 12, 3)])
        up = [XConv(6, 2, 15, 3, 1, 12), XConv(3, 2, 12, 3, 1, 8)]
        self.decoder = nn.ModuleList([DecoderConv(up[0], 12 + 15, 12), DecoderConv(up[1], 8 + 8, 8)])
        self.head = nn.ModuleList([Dense(8, 6), Dense(6, 5)])
        self.classifier = Linear(5, CLASSES)

    def forward(self, xyz, features=None):
        coarse = torch.stack([cloud[farthest_points(cloud, 14)] for cloud in xyz])
        low, high = xyz.amin(1, keepdim=True), xyz.amax(1, keepdim=True)
        origin = torch.cat([(low / 2 + high / 2)[..., :2], low[..., 2:]], 2)
        own = (coarse - origin).double()
        x = None if self.input is None else self.input(features)
        one = self.encoder[0](xyz, xyz, x, None)
        two = self.encoder[1](xyz, coarse, one, own)
        x = self.decoder[0].conv(coarse, coarse, two, None)
        x = self.decoder[0].fuse(torch.cat([x, two], 2))
        x = self.decoder[1].conv(coarse, xyz, x, None)
        x = self.decoder[1].fuse(torch.cat([x, one], 2))
        for layer in self.head:
            x = layer(x)
        return self.classifier(x)


def clouds(batch):
    """Points in a box of 1 m, of which the last 10 repeat earlier ones."""
    xyz = torch.rand(batch, POINTS, 3, dtype=torch.float32) + torch.tensor([2.0, -1.0, 0.5], dtype=torch.float32)
    xyz[:, -10:] = xyz[:, 3:13]
    return xyz


def write(name, module, seed, make, call):
    """Writes a case. make(batch) returns inputs by name, of which 64-bit ones get gradients."""
    torch.manual_seed(seed)
    randomise(module)
    start = {n: tensor.detach().clone() for n, tensor, _ in entries(module)}
    out = {f"start.{n}": stored(x) for n, x in start.items()}
    for batch in [1, 3]:
        inputs = make(batch)
        upstream = rounded(*call(module, inputs).shape)
        out |= {f"{batch}.{n}": stored(x) for n, x in inputs.items()} | {f"{batch}.upstream": stored(upstream)}
        for mode in ["train", "eval"]:
            with torch.no_grad():
                for n, tensor, _ in entries(module):
                    tensor.copy_(start[n])
            module.train(mode == "train")
            module.zero_grad()
            fed = {n: x.clone().requires_grad_(x.dtype == torch.float64) for n, x in inputs.items()}
            y = call(module, fed)
            y.backward(upstream)
            out[f"{mode}.{batch}.output"] = stored(y)
            out |= {f"{mode}.{batch}.gradient.{n}": stored(x.grad) for n, x in fed.items() if x.requires_grad}
            for n, tensor, _ in entries(module):
                if "running" not in n:
                    out[f"{mode}.{batch}.gradient.{n}"] = stored(tensor.grad)
                elif mode == "train":
                    out[f"{mode}.{batch}.after.{n}"] = stored(tensor)
    HERE.mkdir(exist_ok=True)
    path = HERE / f"{name}.safetensors"
    save_file(out, path)
    path.chmod(0o644)
    print(f"{name}: {path.stat().st_size / 1024:.0f} KiB")


def layer_case(name, module, seed, features):
    def make(batch):
        return {"coord": clouds(batch)} | ({"features": rounded(batch, POINTS, features)} if features else {})

    def call(module, inputs):
        return module(inputs["coord"], inputs["coord"], inputs.get("features"), None)

    write(name, module, seed, make, call)


def dense_case():
    def make(batch):
        return {"features": rounded(batch, POINTS, 5)}

    write("dense", Dense(5, 7), 3, make, lambda module, inputs: module(inputs["features"]))


def network_case(name, features, seed):
    def make(batch):
        return {"coord": clouds(batch)} | ({"features": rounded(batch, POINTS, features)} if features else {})

    write(name, PointCnn(features), seed, make, lambda module, inputs: module(*inputs.values()))


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    dense_case()
    layer_case("x_conv", XConv(4, 2, 5, 3, 2, 7), 1, 5)
    # more neighbours than places: the list of each center begins again
    layer_case("x_conv_few_places", XConv(9, 4, 0, 3, 3, 6), 2, 0)
    network_case("network", 0, 10)
    network_case("network_features", 2, 11)
