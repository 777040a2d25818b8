"""PointNet, PointNet++ and their layers in PyTorch, as a reference for the crate `pointnet2`.

Written in the form of the papers (Qi et al. 2017a and 2017b): brute-force sampling, ball query and neighbours; members
of a group are gathered, made relative to their center and concatenated before a shared perceptron. Geometry is computed
in 32 bits, because it decides which points are grouped; everything else in 64 bits. Run

    python3 -m venv venv && venv/bin/pip install torch numpy safetensors
    venv/bin/python tests/reference/pointnet2_layers.py

to write a file for each case to tests/reference/pointnet2/: weights, inputs, outputs, running statistics and gradients,
in training and evaluation mode, for batches of 1 and 4; and for networks the losses of 20 steps of Adam. Each cloud has
duplicated points, and a point whose ball contains no other. Weights are [in, out], features [batch, points, channels].
"""

import pathlib

import torch
from safetensors.torch import save_file
from torch import nn

import latentgnn_layers

HERE = pathlib.Path(__file__).parent / "pointnet2"
POINTS, FEATURES, CLASSES = 40, 2, 4


# Geometry of one cloud, [N, 3], in 32 bits


def squared_distances(a, b):
    d = a[:, None, :] - b[None, :, :]
    return d[..., 0] * d[..., 0] + d[..., 1] * d[..., 1] + d[..., 2] * d[..., 2]


def farthest_points(xyz, count):
    chosen = [0]
    nearest = torch.full((len(xyz),), float("inf"))
    while len(chosen) < count:
        nearest = torch.minimum(nearest, squared_distances(xyz[chosen[-1:]], xyz)[0])
        best = nearest.max()
        chosen.append(int((nearest == best).nonzero()[0]))
    return torch.tensor(chosen)


def ball(xyz, centers, radius, k):
    groups = []
    for row in squared_distances(centers, xyz):
        inside = (row < torch.tensor(radius, dtype=torch.float32) ** 2).nonzero()[:, 0].tolist()[:k]
        groups.append(inside + inside[:1] * (k - len(inside)))
    return torch.tensor(groups)


def nearest(xyz, centers):
    return squared_distances(centers, xyz).sort(dim=1, stable=True)


def interpolation(known, queries):
    distance, index = nearest(known, queries)
    distance, index = distance[:, :3], index[:, :3]
    weight = 1 / distance.double().clamp_min(1e-10)
    return index, weight / weight.sum(1, keepdim=True)


def middle(xyz):
    return (xyz.amin(0) + xyz.amax(0)) / 2


# Layers


class Norm(nn.Module):
    """Batch normalisation of [..., channels] over all axes but the last; unlike PyTorch's, it accepts a single row."""

    epsilon, momentum = 1e-5, 0.1

    def __init__(self, channels):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x):
        mean, var = self.running_mean, self.running_var
        if self.training:
            rows = x.reshape(-1, x.shape[-1])
            mean, var = rows.mean(0), rows.var(0, correction=0)
            with torch.no_grad():
                n = len(rows)
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(var * n / max(n - 1, 1), self.momentum)
        return (x - mean) / (var + self.epsilon).sqrt() * self.gamma + self.beta


class SharedMlp(nn.Module):
    def __init__(self, c_in, channels):
        super().__init__()
        sizes = zip([c_in] + channels, channels)
        self.weights = nn.ParameterList([nn.Parameter(torch.zeros(i, o)) for i, o in sizes])
        self.norms = nn.ModuleList([Norm(c) for c in channels])

    def forward(self, x):
        for weight, norm in zip(self.weights, self.norms):
            x = norm(x @ weight).relu()
        return x


def first_maximum(x, dim):
    """Maxima along an axis. Of equal values, the first receives the gradient."""
    values = x.detach()
    places = torch.arange(x.shape[dim]).reshape([-1 if i == dim else 1 for i in range(x.dim())])
    places = torch.where(values == values.amax(dim, keepdim=True), places, x.shape[dim])
    return x.gather(dim, places.amin(dim, keepdim=True)).squeeze(dim)


class Scale(nn.Module):
    """One scale of a set abstraction. `grouping` is ("ball", radius, k), ("nearest", k) or ("all",)."""

    def __init__(self, c_in, channels, grouping, pooling="max", normalize=None):
        super().__init__()
        self.mlp = SharedMlp(3 + c_in, channels)
        self.grouping, self.pooling, self.normalize = grouping, pooling, normalize

    def group(self, xyz, centers, features):
        """One cloud: [N, 3], [M, 3], [N, c] -> [M, K, 3 + c]"""
        if self.grouping[0] == "ball":
            index = ball(xyz, centers, *self.grouping[1:])
        elif self.grouping[0] == "nearest":
            index = nearest(xyz, centers)[1][:, : self.grouping[1]]
        else:
            index = torch.arange(len(xyz))[None, :]
        relative = xyz[index].double() - centers[:, None, :].double()
        if self.normalize:
            # a radius is a 32-bit number
            relative = relative / float(torch.tensor(self.normalize, dtype=torch.float32))
        return relative if features is None else torch.cat([relative, features[index]], dim=2)

    def forward(self, xyz, centers, features):
        features = features if features is not None else [None] * len(xyz)
        members = self.mlp(torch.stack([self.group(*cloud) for cloud in zip(xyz, centers, features)]))
        return first_maximum(members, 2) if self.pooling == "max" else members.mean(2)


class SetAbstraction(nn.Module):
    def __init__(self, scales):
        super().__init__()
        self.scales = nn.ModuleList(scales)

    def forward(self, xyz, centers, features):
        return torch.cat([scale(xyz, centers, features) for scale in self.scales], dim=2)


def single_scale(*args, **kwargs):
    return SetAbstraction([Scale(*args, **kwargs)])


class FeaturePropagation(nn.Module):
    def __init__(self, c_skip, c_coarse, channels):
        super().__init__()
        self.mlp = SharedMlp(c_skip + c_coarse, channels)

    def forward(self, xyz, centers, skip, coarse):
        clouds = []
        for fine, known, features in zip(xyz, centers, coarse):
            index, weight = interpolation(known, fine)
            clouds.append((features[index] * weight[:, :, None]).sum(1))
        x = torch.stack(clouds)
        return self.mlp(x if skip is None else torch.cat([skip, x], dim=2))


class Linear(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(c_in, c_out))
        self.bias = nn.Parameter(torch.zeros(c_out))

    def forward(self, x):
        return x @ self.weight + self.bias


# Networks


def centers_of(xyz, points, origin=None):
    """Points of a level: farthest points, or the middle of the network's input if `points` is `None`."""
    if points is None:
        return torch.stack([middle(cloud)[None] for cloud in (xyz if origin is None else origin)])
    return torch.stack([cloud[farthest_points(cloud, points)] for cloud in xyz])


class Block(nn.ModuleDict):
    def forward(self, x):
        (block,) = self.values()
        return block(x.transpose(1, 2)).transpose(1, 2)


class PointNet2(nn.Module):
    """`levels`: (points, set abstraction, channels); `blocks`: {("abstraction" or "propagation", index): block}."""

    def __init__(self, levels, propagation, head, blocks):
        super().__init__()
        self.points = [points for points, _, _ in levels]
        self.abstractions = nn.ModuleList([sa for _, sa, _ in levels])
        channels = [c for _, _, c in levels]
        skips = [0] + channels[:-1]
        coarse, steps = channels[-1], []
        for skip, layers in zip(reversed(skips), propagation):
            steps.append(FeaturePropagation(skip, coarse, layers))
            coarse = layers[-1]
        self.propagations = nn.ModuleList(steps)
        self.head = SharedMlp(coarse, [head])
        self.classifier = Linear(head, CLASSES)
        self.abstraction_blocks = nn.ModuleDict({str(i): b for (kind, i), b in blocks.items() if kind == "abstraction"})
        self.propagation_blocks = nn.ModuleDict({str(i): b for (kind, i), b in blocks.items() if kind == "propagation"})

    def forward(self, xyz, features):
        coords, levels = [xyz], [features]
        for i, (points, abstraction) in enumerate(zip(self.points, self.abstractions)):
            coords.append(centers_of(coords[-1], points, xyz))
            x = abstraction(coords[-2], coords[-1], levels[-1])
            levels.append(self.abstraction_blocks[str(i)](x) if str(i) in self.abstraction_blocks else x)
        x = levels.pop()
        for i, propagation in enumerate(self.propagations):
            fine = len(levels) - 1
            x = propagation(coords[fine], coords[fine + 1], levels.pop() if fine > 0 else None, x)
            x = self.propagation_blocks[str(i)](x) if str(i) in self.propagation_blocks else x
        return self.classifier(self.head(x))


class TransformNet(nn.Module):
    def __init__(self, size, points, clouds):
        super().__init__()
        self.points, self.clouds = SharedMlp(size, points), SharedMlp(points[-1], clouds)
        self.weight = nn.Parameter(torch.zeros(clouds[-1], size * size))
        self.bias = nn.Parameter(torch.zeros(size * size))
        self.size = size

    def forward(self, x):
        matrix = self.clouds(first_maximum(self.points(x), 1)) @ self.weight + self.bias
        return matrix.reshape(-1, self.size, self.size) + torch.eye(self.size)


class PointNet(nn.Module):
    def __init__(self, transforms):
        super().__init__()
        local, glob, head = [6, 8], [8, 16], [12, 8]
        self.input_transform = TransformNet(3, [6, 16], [10, 8]) if transforms else None
        self.local = SharedMlp(3 + FEATURES, local)
        self.feature_transform = TransformNet(8, [6, 16], [10, 8]) if transforms else None
        self.add_module("global", SharedMlp(local[-1], glob))
        self.head = SharedMlp(local[-1] + glob[-1], head)
        self.classifier = Linear(head[-1], CLASSES)

    def forward(self, xyz, features):
        x = torch.stack([cloud - middle(cloud) for cloud in xyz]).double()
        if self.input_transform is not None:
            x = x @ self.input_transform(x)
        x = self.local(torch.cat([x, features], dim=2))
        if self.feature_transform is not None:
            x = x @ self.feature_transform(x)
        whole = first_maximum(self.get_submodule("global")(x), 1)
        x = torch.cat([x, whole[:, None, :].expand(-1, x.shape[1], -1)], dim=2)
        return self.classifier(self.head(x))


# Cases


def entries(module):
    """Yields (name in the Rust crate, tensor, whether it is stored transposed): parameters and running statistics."""
    blocks = {path: sub for path, sub in module.named_modules() if isinstance(sub, Block)}
    for path, block in blocks.items():
        for kind, layer in block.items():
            for name, tensor, is_weight in latentgnn_layers.names(layer):
                yield f"{path}.{kind}.{name}", tensor, is_weight
    for name, tensor in list(module.named_parameters()) + list(module.named_buffers()):
        if not any(name.startswith(path + ".") for path in blocks):
            yield name, tensor, False


def stored(tensor, is_weight=False):
    tensor = tensor.detach().clone()
    return (tensor.flatten(1).T if is_weight else tensor).float().contiguous()


def randomise(module):
    with torch.no_grad():
        for name, tensor, is_weight in entries(module):
            last = name.rpartition(".")[2]
            if last in ("gamma", "running_var"):
                tensor.uniform_(0.5, 1.5)
            elif last == "lambda":
                tensor.fill_(0.7)
            elif tensor.dim() > 1:
                fan_in = tensor.shape[1] if is_weight else tensor.shape[0]
                tensor.normal_(0, (1.5 / fan_in) ** 0.5)
            else:
                tensor.normal_(0, 0.3)
            # round to 32 bits
            tensor.copy_(tensor.float())


def rounded(*shape):
    return torch.randn(*shape).float().double()


def clouds(batch, points=POINTS):
    """Points in a box of 1 m. The last 5 repeat earlier ones, and one point is far from all others."""
    xyz = torch.rand(batch, points, 3, dtype=torch.float32) + torch.tensor([2.0, -1.0, 0.5], dtype=torch.float32)
    xyz[:, 7] += 3
    xyz[:, -5:] = xyz[:, 3:8]
    return xyz


def features_of(xyz, channels):
    features = rounded(xyz.shape[0], xyz.shape[1], channels)
    # three of the repeated points have the same features too
    features[:, -3:] = features[:, 5:8]
    return features


def golden(name, module, seed, make, call, shape, trajectory=False):
    """Writes a case. make(batch) returns inputs by name, of which 64-bit ones get gradients; call(module, inputs)
    returns a result of shape(batch).
    """
    torch.manual_seed(seed)
    randomise(module)
    start = {n: tensor.detach().clone() for n, tensor, _ in entries(module)}
    out = {f"start.{n}": stored(start[n], w) for n, _, w in entries(module)}

    def restart(train):
        with torch.no_grad():
            for n, tensor, _ in entries(module):
                tensor.copy_(start[n])
        module.train(train)
        module.zero_grad()

    for batch in [1, 4]:
        inputs = make(batch)
        upstream = rounded(*shape(batch))
        out |= {f"{batch}.{n}": stored(x) for n, x in inputs.items()} | {f"{batch}.upstream": stored(upstream)}
        for mode in ["train", "eval"]:
            restart(mode == "train")
            fed = {n: x.clone().requires_grad_(x.dtype == torch.float64) for n, x in inputs.items()}
            y = call(module, fed)
            y.backward(upstream)
            key = f"{mode}.{batch}"
            out[f"{key}.output"] = stored(y)
            out |= {f"{key}.gradient.{n}": stored(x.grad) for n, x in fed.items() if x.requires_grad}
            for n, tensor, w in entries(module):
                if "running" not in n:
                    out[f"{key}.gradient.{n}"] = stored(tensor.grad, w)
                elif mode == "train":
                    out[f"{key}.after.{n}"] = stored(tensor, w)
    if trajectory:
        out |= train(module, restart, make, call)
    HERE.mkdir(exist_ok=True)
    path = HERE / f"{name}.safetensors"
    save_file(out, path)
    path.chmod(0o644)
    print(f"{name}: {path.stat().st_size / 1024:.0f} KiB, {sum(v.numel() for v in start.values())} values")


def train(module, restart, make, call):
    """Returns the losses of 20 steps of Adam on two alternating batches, in which a fifth of the points has no weight.

    Prints how much the losses change if noise somewhat larger than the rounding of 32 bits is added to every gradient.
    LatentGNN scales ψ to length 1, so a single small positive value becomes 1 while 0 stays 0. With few latent nodes
    and points, some seeds come near this jump, and their losses change by 1 %. Other seeds were chosen for those
    networks.
    """
    batches = []
    for _ in range(2):
        inputs = make(4)
        labels = torch.randint(CLASSES, (4, POINTS))
        weights = torch.rand(4, POINTS).float().double()
        batches.append((inputs, labels, torch.where(weights < 0.2, 0.0, weights)))
    losses, moved = descend(module, restart, call, batches, 0), descend(module, restart, call, batches, 1e-7)
    print(f"  with noise the losses move by {max(abs(a - b) / a for a, b in zip(losses, moved)):.0e}")
    out = {"losses": torch.tensor(losses, dtype=torch.float32)}
    for i, (inputs, labels, weights) in enumerate(batches):
        out |= {f"step.{i}.{n}": stored(x) for n, x in inputs.items()}
        out |= {f"step.{i}.labels": labels.int(), f"step.{i}.weights": stored(weights)}
    return out


def descend(module, restart, call, batches, noise):
    restart(True)
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3, eps=1e-8)
    losses = []
    for step in range(20):
        inputs, labels, weights = batches[step % 2]
        optimizer.zero_grad()
        entropy = nn.functional.cross_entropy(call(module, inputs).flatten(0, 1), labels.flatten(), reduction="none")
        loss = (entropy * weights.flatten()).sum() / (weights != 0).sum()
        loss.backward()
        if noise:
            largest = max(p.grad.abs().max() for p in module.parameters())
            for p in module.parameters():
                p.grad += noise * (p.grad.abs().max() + 0.1 * largest) * torch.randn_like(p.grad)
        optimizer.step()
        losses.append(loss.item())
    return losses


def abstraction_case(name, module, seed, points, channels, c_in=3):
    def make(batch):
        xyz = clouds(batch)
        return {"coord": xyz} | ({"features": features_of(xyz, c_in)} if c_in else {})

    def call(module, inputs):
        return module(inputs["coord"], centers_of(inputs["coord"], points), inputs.get("features"))

    golden(name, module, seed, make, call, lambda batch: (batch, points or 1, channels))


def propagation_case(name, module, seed, points, c_skip, c_coarse, channels):
    def make(batch):
        xyz = clouds(batch)
        skip = {"skip": features_of(xyz, c_skip)} if c_skip else {}
        return {"coord": xyz, "coarse": rounded(batch, points or 1, c_coarse)} | skip

    def call(module, inputs):
        return module(inputs["coord"], centers_of(inputs["coord"], points), inputs.get("skip"), inputs["coarse"])

    golden(name, module, seed, make, call, lambda batch: (batch, POINTS, channels))


def network_case(name, module, seed):
    def make(batch):
        xyz = clouds(batch)
        return {"coord": xyz, "features": features_of(xyz, FEATURES)}

    def call(module, inputs):
        return module(inputs["coord"], inputs["features"])

    golden(name, module, seed, make, call, lambda batch: (batch, POINTS, CLASSES), trajectory=True)


def ssg(blocks):
    levels = [
        (12, single_scale(FEATURES, [6, 8], ("ball", 0.45, 6)), 8),
        (5, single_scale(8, [8, 12], ("ball", 0.9, 4)), 12),
    ]
    return PointNet2(levels, [[10], [8, 8]], 8, blocks)


def ssg_with_group_all():
    levels = [
        (12, single_scale(FEATURES, [6, 8], ("nearest", 6), "average", 0.5), 8),
        (None, single_scale(8, [8, 12], ("all",)), 12),
    ]
    return PointNet2(levels, [[10], [8, 8]], 8, {})


def msg():
    first = [Scale(FEATURES, [4, 6], ("ball", 0.3, 4)), Scale(FEATURES, [6, 8], ("ball", 0.6, 8))]
    second = [Scale(14, [8], ("ball", 0.6, 3)), Scale(14, [6, 10], ("ball", 1.2, 5))]
    return PointNet2([(12, SetAbstraction(first), 14), (5, SetAbstraction(second), 18)], [[10], [8, 8]], 8, {})


def latent_gnn(channels, latent_dims):
    return Block({"LatentGnn": latentgnn_layers.LatentGnn(channels, 2, latent_dims, False, False)})


def non_local(channels):
    return Block({"NonLocal": latentgnn_layers.NonLocal(channels, "embedded_gaussian")})


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    abstraction_case("sa_ball", single_scale(3, [6, 8], ("ball", 0.4, 6)), 1, 12, 8)
    abstraction_case("sa_coordinates_only", single_scale(0, [6, 8], ("ball", 0.4, 6), normalize=0.4), 2, 12, 8, 0)
    abstraction_case("sa_average", single_scale(3, [6, 8], ("ball", 0.4, 6), "average", 0.4), 3, 12, 8)
    abstraction_case("sa_nearest", single_scale(3, [6, 8], ("nearest", 5), normalize=0.25), 4, 12, 8)
    abstraction_case("sa_all", single_scale(3, [6, 8], ("all",)), 5, None, 8)
    scales = [("ball", 0.2, 3), ("ball", 0.6, 7)]
    scales = [Scale(3, c, s, "max", s[1]) for c, s in zip([[5, 6], [7]], scales)]
    abstraction_case("sa_multi_scale", SetAbstraction(scales), 6, 12, 13)
    propagation_case("fp_skip", FeaturePropagation(3, 5, [6, 8]), 10, 9, 3, 5, 8)
    propagation_case("fp_no_skip", FeaturePropagation(0, 5, [8]), 11, 9, 0, 5, 8)
    propagation_case("fp_from_one", FeaturePropagation(3, 5, [6, 8]), 12, None, 3, 5, 8)
    network_case("ssg", ssg({}), 20)
    network_case("ssg_group_all", ssg_with_group_all(), 21)
    network_case("msg", msg(), 22)
    network_case("pointnet", PointNet(False), 23)
    network_case("pointnet_transforms", PointNet(True), 24)
    latent = {("abstraction", i): latent_gnn(c, [5]) for i, c in enumerate([8, 12])}
    network_case("ssg_latentgnn1", ssg(latent), 25)
    latent = {("abstraction", 0): latent_gnn(8, [12, 10, 14]), ("propagation", 1): latent_gnn(8, [12, 10, 14])}
    network_case("ssg_latentgnn3", ssg(latent), 32)
    network_case("ssg_non_local", ssg({("abstraction", 0): non_local(8), ("propagation", 1): non_local(8)}), 27)
