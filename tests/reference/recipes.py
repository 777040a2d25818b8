"""Losses, schedules and clipping of training recipes, with PyTorch in 64 bits.

    python tests/reference/recipes.py

writes tests/reference/recipes/recipes.json.
"""

import json
from pathlib import Path

import numpy
import torch

OUT = Path(__file__).parent / "recipes" / "recipes.json"
ROWS, OUTPUTS = 60, 7


def lovasz(probabilities, targets, counted):
    """Lovász-softmax over all counted points, after equations 7 to 9 of Berman et al. 2018: the Jaccard loss of the
    mispredictions of the k largest errors, weighted by the differences of the errors themselves."""
    losses = []
    for output in range(probabilities.shape[1]):
        truth = (targets == output)[counted]
        if not truth.any():
            continue
        p = probabilities[counted, output]
        errors = torch.where(truth, 1 - p, p)
        order = torch.argsort(errors, descending=True, stable=True)
        sets = []
        for k in range(len(order) + 1):
            wrong = torch.zeros_like(truth)
            wrong[order[:k]] = True
            predicted = truth ^ wrong
            union = (truth | predicted).sum().double()
            sets.append(1 - (truth & predicted).sum().double() / union)
        jaccard = torch.stack(sets)
        losses.append((errors[order] * (jaccard[1:] - jaccard[:-1])).sum())
    return torch.stack(losses).mean()


def main():
    numpy.random.seed(5)
    logits = numpy.random.randn(ROWS, OUTPUTS).astype(numpy.float32)
    targets = numpy.random.randint(0, OUTPUTS - 1, ROWS)
    weights = (numpy.random.rand(ROWS) * 3).astype(numpy.float32)
    weights[::5] = 0
    cases = []
    for smoothing, share in [(0.0, 0.0), (0.1, 0.0), (0.0, 1.0), (0.2, 0.5)]:
        x = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
        t, w = torch.tensor(targets), torch.tensor(weights, dtype=torch.float64)
        each = torch.nn.functional.cross_entropy(x, t, reduction="none", label_smoothing=smoothing)
        loss = (each * w).sum() / (w != 0).sum()
        if share > 0:
            loss = loss + share * lovasz(torch.softmax(x, 1), t, w != 0)
        loss.backward()
        gradient = x.grad.flatten().tolist()
        cases.append({"label_smoothing": smoothing, "lovasz": share, "loss": loss.item(), "gradient": gradient})

    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = torch.optim.SGD([weight], lr=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=900, eta_min=1e-5)
    rates = []
    for _ in range(901):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()

    gradients = [numpy.random.randn(4, 3), numpy.random.randn(5)]
    clipped = {}
    for most in [1.0, 100.0]:
        parameters = [torch.nn.Parameter(torch.zeros(g.shape, dtype=torch.float64)) for g in gradients]
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = torch.tensor(gradient)
        torch.nn.utils.clip_grad_norm_(parameters, most)
        clipped[str(most)] = [parameter.grad.flatten().tolist() for parameter in parameters]

    reference = {
        "outputs": OUTPUTS,
        "logits": logits.flatten().tolist(),
        "targets": targets.tolist(),
        "weights": weights.tolist(),
        "losses": cases,
        "cosine": {str(step): rates[step] for step in [0, 1, 225, 450, 899, 900]},
        "gradients": [g.flatten().tolist() for g in gradients],
        "clipped": clipped,
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(reference) + "\n")


main()
