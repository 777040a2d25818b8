"""LatentGNN and non-local blocks in PyTorch, as a reference for the crate `latentgnn`.

Written from the papers on [batch, channels, points] with Conv1d and BatchNorm1d, independently of the Rust code. Run

    python3 -m venv venv && venv/bin/pip install torch numpy safetensors
    venv/bin/python tests/reference/latentgnn_layers.py

to write a file for each case to tests/reference/latentgnn/: weights, inputs, outputs, running statistics and gradients,
in training and evaluation mode, for batches of 1 and 4; some cases have fewer. Weights are stored as [in, out],
features as [batch, points, channels]. `lengths.safetensors` has the operations that scale to length 1, at many scales.
"""

import pathlib

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

HERE = pathlib.Path(__file__).parent / "latentgnn"
CHANNELS, POINTS = 8, 12


def conv_bn(c_in, c_out):
    return nn.Sequential(nn.Conv1d(c_in, c_out, 1, bias=False), nn.BatchNorm1d(c_out))


class Kernel(nn.Module):
    def __init__(self, reduced, latent, symmetric, graph_conv, relu):
        super().__init__()
        self.relu = relu
        self.to_latent = conv_bn(reduced, latent)
        self.to_visible = None if symmetric else conv_bn(reduced, latent)
        self.graph_conv = conv_bn(reduced, reduced) if graph_conv else None

    def forward(self, v2l, l2v):
        """v2l, l2v: [B, r, N] -> [B, r, N]"""
        psi_in = F.relu(self.to_latent(v2l))
        if self.to_visible is None:
            psi_in = psi_out = F.normalize(psi_in, dim=1)
        else:
            psi_in = F.normalize(psi_in, dim=2)
            psi_out = F.normalize(F.relu(self.to_visible(l2v)), dim=1)
        z = torch.einsum("bdn,brn->bdr", psi_in, v2l)
        x = torch.einsum("bdn,bdr->brn", psi_out, propagate(z))
        x = x if self.graph_conv is None else self.graph_conv(x)
        return F.relu(x) if self.relu and self.graph_conv is not None else x


def propagate(z):
    """[B, d, r] -> [B, d, r]: means weighted by the softmax of the cosine similarities"""
    u = F.normalize(z, dim=2)
    return torch.einsum("bdr,ber->bde", u, u).softmax(dim=2) @ z


class LatentGnn(nn.Module):
    def __init__(self, channels, stride, latent_dims, symmetric, graph_conv, activation="graph-conv", residual=True):
        super().__init__()
        r = channels // stride
        self.relu_of_sum = activation == "sum"
        self.reduce_to_latent = conv_bn(channels, r)
        self.reduce_to_visible = None if symmetric else conv_bn(channels, r)
        self.kernels = nn.ModuleList([Kernel(r, d, symmetric, graph_conv, not self.relu_of_sum) for d in latent_dims])
        self.restore = conv_bn(r * len(latent_dims), channels)
        self.lambda_ = nn.Parameter(torch.zeros(1)) if residual else None

    def forward(self, x):
        v2l = F.normalize(self.reduce_to_latent(x), dim=1)
        l2v = v2l if self.reduce_to_visible is None else F.normalize(self.reduce_to_visible(x), dim=1)
        y = self.restore(torch.cat([kernel(v2l, l2v) for kernel in self.kernels], dim=1))
        y = F.relu(y) if self.relu_of_sum else y
        return y if self.lambda_ is None else x + self.lambda_ * y


class NonLocal(nn.Module):
    def __init__(self, channels, affinity, sub_sample=1):
        super().__init__()
        inner = channels // 2
        self.affinity, self.sub_sample = affinity, sub_sample
        if affinity != "gaussian":
            self.theta = nn.Conv1d(channels, inner, 1)
            self.phi = nn.Conv1d(channels, inner, 1)
        self.g = nn.Conv1d(channels, inner, 1)
        if affinity == "concatenation":
            self.pair = nn.Conv2d(2 * inner, 1, 1, bias=False)
        self.restore = nn.Conv1d(inner, channels, 1)
        self.norm = nn.BatchNorm1d(channels)

    def forward(self, x):
        keep = slice(None, None, self.sub_sample)
        theta, phi, g = x, x[:, :, keep], self.g(x)[:, :, keep]
        if self.affinity != "gaussian":
            theta, phi = self.theta(x), self.phi(x)[:, :, keep]
        keys = g.shape[2]
        if self.affinity == "concatenation":
            left = theta[:, :, :, None].expand(-1, -1, -1, keys)
            right = phi[:, :, None, :].expand(-1, -1, theta.shape[2], -1)
            f = F.relu(self.pair(torch.cat([left, right], dim=1)))[:, 0] / keys
        else:
            f = torch.einsum("bcn,bck->bnk", theta, phi)
            f = f / keys if self.affinity == "dot_product" else f.softmax(dim=-1)
        return x + self.norm(self.restore(torch.einsum("bnk,bck->bcn", f, g)))


def names(module):
    """Yields (name in the Rust crate, tensor, whether a convolution's weight) of parameters and running statistics."""
    for path, sub in module.named_modules():
        # the convolution and the normalisation of a projection are the children 0 and 1 of a Sequential
        base = path.rpartition(".")[0] if isinstance(module, LatentGnn) else path
        if isinstance(sub, (nn.Conv1d, nn.Conv2d)):
            yield ("pair" if base == "pair" else f"{base}.weight"), sub.weight, True
            if sub.bias is not None:
                yield f"{base}.bias", sub.bias, False
        elif isinstance(sub, nn.BatchNorm1d):
            base = base if base == "norm" else f"{base}.norm"
            yield f"{base}.gamma", sub.weight, False
            yield f"{base}.beta", sub.bias, False
            yield f"{base}.running_mean", sub.running_mean, False
            yield f"{base}.running_var", sub.running_var, False
    if isinstance(module, LatentGnn) and module.lambda_ is not None:
        yield "lambda", module.lambda_, False


def stored(tensor, is_weight):
    tensor = tensor.detach().clone()
    return (tensor.flatten(1).T if is_weight else tensor).contiguous()


def points_first(x):
    return x.detach().transpose(1, 2).contiguous()


ALL_RUNS = [("train", 1), ("train", 4), ("eval", 1), ("eval", 4)]


def case(name, module, seed, runs=ALL_RUNS, reduction_scale=1):
    """The scales and shifts of the reductions' normalisations are multiplied by `reduction_scale`."""
    torch.manual_seed(seed)
    for tensor_name, tensor, is_weight in names(module):
        with torch.no_grad():
            if is_weight:
                tensor.normal_(0, (1.5 / tensor.shape[1]) ** 0.5)
            elif tensor_name.endswith(("gamma", "running_var")):
                tensor.uniform_(0.5, 1.5)
            elif tensor_name == "lambda":
                tensor.fill_(0.7)
            else:
                tensor.normal_(0, 0.3)
            if tensor_name.startswith("reduce") and tensor_name.endswith(("gamma", "beta")):
                tensor.mul_(reduction_scale)
    start = {n: tensor.detach().clone() for n, tensor, _ in names(module)}
    out = {f"start.{n}": stored(start[n], w) for n, _, w in names(module)}
    for mode, batch in runs:
        with torch.no_grad():
            for n, tensor, _ in names(module):
                tensor.copy_(start[n])
        module.train(mode == "train")
        module.zero_grad()
        x = torch.randn(batch, CHANNELS, POINTS, requires_grad=True)
        upstream = torch.randn(batch, CHANNELS, POINTS)
        y = module(x)
        y.backward(upstream)
        key = f"{mode}.{batch}"
        out |= {f"{key}.input": points_first(x), f"{key}.upstream": points_first(upstream)}
        out |= {f"{key}.output": points_first(y), f"{key}.gradient.input": points_first(x.grad)}
        for n, tensor, w in names(module):
            if "running" not in n:
                out[f"{key}.gradient.{n}"] = stored(tensor.grad, w)
            elif mode == "train":
                out[f"{key}.after.{n}"] = stored(tensor, w)
    save(name, out)


def save(name, tensors):
    HERE.mkdir(exist_ok=True)
    path = HERE / f"{name}.safetensors"
    save_file(tensors, path)
    path.chmod(0o644)


def lengths():
    """Results and gradients of the operations that scale to length 1: `first` has rows or columns of each scale."""
    torch.manual_seed(30)
    scales = torch.tensor([1, 1e-4, 1e-6, 1e-9, 3e-12, 1e-13, 1e-16, 0])[:, None]
    clouds, points, nodes, channels = 2, 4, len(scales), 3
    operations = {
        "unit_rows": (lambda a: F.normalize(a, dim=-1), [scales * torch.randn(len(scales), channels)]),
        "propagate": (propagate, [scales * torch.randn(clouds, nodes, channels)]),
        "to_latent_over_points": (
            lambda a, x: F.normalize(a, dim=1).transpose(1, 2) @ x,
            [scales.T * torch.randn(clouds, points, nodes), torch.randn(clouds, points, channels)],
        ),
        "to_latent_over_nodes": (
            lambda a, x: F.normalize(a, dim=2).transpose(1, 2) @ x,
            [scales * torch.randn(clouds, nodes, points), torch.randn(clouds, nodes, channels)],
        ),
        "from_latent": (
            lambda a, z: F.normalize(a, dim=2) @ z,
            [scales * torch.randn(clouds, nodes, points), torch.randn(clouds, points, channels)],
        ),
    }
    out = {}
    for name, (operation, inputs) in operations.items():
        inputs = [x.requires_grad_() for x in inputs]
        result = operation(*inputs)
        upstream = torch.randn(result.shape)
        result.backward(upstream)
        tensors = {"result": result, "upstream": upstream}
        for which, x in zip(["first", "second"], inputs):
            tensors |= {which: x, f"gradient.{which}": x.grad}
        out |= {f"{name}.{key}": x.detach().flatten(0, -2).contiguous() for key, x in tensors.items()}
    save("lengths", out)


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float32)
    case("asymmetric", LatentGnn(CHANNELS, 2, [5], False, False), 1)
    case("asymmetric_mixture", LatentGnn(CHANNELS, 2, [5, 3], False, True), 2)
    case("symmetric", LatentGnn(CHANNELS, 2, [5], True, False), 3)
    case("symmetric_mixture", LatentGnn(CHANNELS, 2, [4, 3, 6], True, True), 4)
    few = [("train", 4), ("eval", 1)]
    case("relu_of_sum", LatentGnn(CHANNELS, 2, [5, 3], False, True, activation="sum"), 5, few)
    case("without_residual", LatentGnn(CHANNELS, 2, [5], True, False, residual=False), 6, few)
    case("tiny_features", LatentGnn(CHANNELS, 2, [5, 3], False, True), 7, few, reduction_scale=1e-6)
    lengths()
    for seed, affinity in enumerate(["embedded_gaussian", "gaussian", "dot_product", "concatenation"]):
        case(affinity, NonLocal(CHANNELS, affinity), 10 + seed)
    case("sub_sampled", NonLocal(CHANNELS, "embedded_gaussian", sub_sample=5), 20)
