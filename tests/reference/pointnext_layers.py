"""PointNeXt and its layers in PyTorch, as a reference for the crate `pointnet2`.

Written in the form of the paper (Qian et al. 2022): members of a group are gathered, made relative to their center,
divided by the radius and concatenated before a layer. Geometry, basic layers and the form of the cases are those of
`pointnet2_layers.py`. Run

    python3 -m venv venv && venv/bin/pip install torch numpy safetensors
    venv/bin/python tests/reference/pointnext_layers.py

to write a file for each case to tests/reference/pointnet2/.
"""

import torch
from torch import nn

import pointnet2_layers as base


class Mlp(base.SharedMlp):
    """A shared perceptron without the last ReLU."""

    def forward(self, x):
        layers = list(zip(self.weights, self.norms))
        for weight, norm in layers[:-1]:
            x = norm(x @ weight).relu()
        weight, norm = layers[-1]
        return norm(x @ weight)


class ResidualAbstraction(nn.Module):
    """A set abstraction of one ball query whose centers' own features are added before the last ReLU."""

    def __init__(self, c_in, channels, radius, k):
        super().__init__()
        scale = base.Scale(c_in, channels, ("ball", radius, k), normalize=radius)
        scale.mlp = Mlp(3 + c_in, channels)
        self.scales = nn.ModuleList([scale])
        self.skip = base.Linear(c_in, channels[-1])

    def forward(self, xyz, kept, features):
        pooled = self.scales[0](xyz, take(xyz, kept), features)
        return (pooled + self.skip(take(features, kept))).relu()


class InvertedResidual(nn.Module):
    def __init__(self, channels, radius, k, expansion):
        super().__init__()
        self.aggregation = base.Scale(channels, [channels], ("ball", radius, k), normalize=radius)
        self.mlp = Mlp(channels, [expansion * channels, channels])

    def forward(self, xyz, features):
        return (self.mlp(self.aggregation(xyz, xyz, features)) + features).relu()


class Propagation(base.FeaturePropagation):
    """Interpolates by the inverse distance."""

    def forward(self, xyz, centers, skip, coarse):
        clouds = []
        for fine, known, features in zip(xyz, centers, coarse):
            squared, index = base.nearest(known, fine)
            weight = 1 / (squared[:, :3].double().sqrt() + 1e-8)
            weight = weight / weight.sum(1, keepdim=True)
            clouds.append((features[index[:, :3]] * weight[:, :, None]).sum(1))
        return self.mlp(torch.cat([skip, torch.stack(clouds)], dim=2))


def take(x, kept):
    return torch.stack([cloud[rows] for cloud, rows in zip(x, kept)])


def farthest(xyz, points):
    return torch.stack([base.farthest_points(cloud, points) for cloud in xyz])


class PointNext(nn.Module):
    def __init__(self, width, points, radius, k, layers, residual, blocks, expansion):
        super().__init__()
        self.points = points
        self.stem = base.Linear(3 + base.FEATURES, width)
        self.abstractions, self.residuals, steps = nn.ModuleList(), nn.ModuleList(), []
        c_in = width
        for count in blocks:
            c_out = 2 * c_in
            channels = [c_in] * (layers - 1) + [c_out]
            if residual:
                self.abstractions.append(ResidualAbstraction(c_in, channels, radius, k))
            else:
                self.abstractions.append(base.single_scale(c_in, channels, ("ball", radius, k), normalize=radius))
            within = [InvertedResidual(c_out, 2 * radius, k, expansion) for _ in range(count)]
            self.residuals.append(nn.ModuleList(within))
            steps.insert(0, Propagation(c_in, c_out, [c_in, c_in]))
            c_in, radius = c_out, 2 * radius
        self.propagations = nn.ModuleList(steps)
        self.head = base.SharedMlp(width, [width])
        self.classifier = base.Linear(width, base.CLASSES)

    def forward(self, xyz, features):
        centered = torch.stack([cloud - base.middle(cloud) for cloud in xyz]).double()
        coords, levels = [xyz], [self.stem(torch.cat([centered, features], dim=2))]
        for points, abstraction, blocks in zip(self.points, self.abstractions, self.residuals):
            kept = farthest(coords[-1], points)
            centers = take(coords[-1], kept)
            around = kept if isinstance(abstraction, ResidualAbstraction) else centers
            x = abstraction(coords[-1], around, levels[-1])
            for block in blocks:
                x = block(centers, x)
            coords.append(centers)
            levels.append(x)
        x = levels.pop()
        for propagation in self.propagations:
            fine = len(levels) - 1
            x = propagation(coords[fine], coords[fine + 1], levels.pop(), x)
        return self.classifier(self.head(x))


def abstraction_case(name, module, seed, points, c_in, channels):
    def make(batch):
        xyz = base.clouds(batch)
        return {"coord": xyz, "features": base.features_of(xyz, c_in)}

    def call(module, inputs):
        return module(inputs["coord"], farthest(inputs["coord"], points), inputs["features"])

    base.golden(name, module, seed, make, call, lambda batch: (batch, points, channels))


def block_case(name, module, seed, points, channels):
    """The block sees the points that a level of the cloud keeps."""

    def make(batch):
        return {"coord": base.clouds(batch), "features": base.rounded(batch, points, channels)}

    def call(module, inputs):
        xyz = inputs["coord"]
        return module(take(xyz, farthest(xyz, points)), inputs["features"])

    base.golden(name, module, seed, make, call, lambda batch: (batch, points, channels))


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    abstraction_case("sa_residual", ResidualAbstraction(3, [6, 8], 0.4, 6), 40, 12, 3, 8)
    block_case("inverted_residual", InvertedResidual(5, 0.6, 6, 3), 41, 20, 5)
    base.network_case("pointnext_s", PointNext(4, [20, 10], 0.45, 6, 2, True, [0, 0], 4), 42)
    # most seeds come near a tie of a maximum or the edge of a ReLU, and noise changes their losses by up to 2 %
    base.network_case("pointnext_b", PointNext(4, [20, 10], 0.45, 6, 1, False, [1, 2], 2), 47)
