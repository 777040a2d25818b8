"""Reference values for the augmentations of crates/scanseg, computed with numpy only.

    python3 tests/reference/augmentations.py            # (re)writes tests/reference/augmentations/cases.json
    python3 tests/reference/augmentations.py --check    # exits 1 when the committed file differs

Every case has the parameters and noise that the crate draws at random, and what becomes of one cloud of points. Heights are
the points' own z.
"""

import json
import sys
from pathlib import Path

import numpy as np

FILE = Path(__file__).resolve().parent / "augmentations" / "cases.json"


def rounded(values):
    return np.round(np.asarray(values, dtype=np.float64), 6).tolist()


def cloud(rng, count=40):
    coord = rng.uniform([-0.9, -0.9, -0.1], [0.9, 0.9, 2.3], (count, 3))
    normal = rng.normal(size=(count, 3))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    color = rng.uniform([-0.7, -0.2, -1.0], [0.6, 0.9, 0.4], (count, 3))
    spread = rng.normal(size=(count, 4, 3))
    covariance = upper(np.einsum("pni,pnj->pij", spread, spread))
    return {name: np.array(rounded(values)) for name, values in
            [("coord", coord), ("normal", normal), ("color", color), ("covariance", covariance)]}


def upper(matrices):
    """xx, yy, zz, xy, xz and yz of matrices that are divided by their traces."""
    matrices = matrices / np.trace(matrices, axis1=1, axis2=2)[:, None, None]
    return np.stack([matrices[:, i, j] for i, j in [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]], axis=1)


def about(axis, angle):
    s, c = np.sin(angle), np.cos(angle)
    return {"x": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]), "y": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),
            "z": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])}[axis]


def linear(points, matrix):
    """Points by the matrix, normals by its inverse transpose, covariances by the matrix from both sides."""
    full = points["covariance"][:, [0, 3, 4, 3, 1, 5, 4, 5, 2]].reshape(-1, 3, 3)
    normal = points["normal"] @ np.linalg.inv(matrix)
    return {**points, "coord": points["coord"] @ matrix.T,
            "normal": normal / np.linalg.norm(normal, axis=1, keepdims=True),
            "covariance": upper(matrix @ full @ matrix.T)}


def rotated(points, angles):
    return linear(points, about("z", angles[2]) @ about("y", angles[1]) @ about("x", angles[0]))


def tilted(points, direction, slope):
    """The floor rises by `slope` along `direction`; the first point stays."""
    matrix = about("z", direction) @ about("y", -np.arctan(slope)) @ about("z", -direction)
    center = points["coord"][0]
    moved = linear({**points, "coord": points["coord"] - center}, matrix)
    return {**moved, "coord": moved["coord"] + center}


def lattice_size(points, granularity):
    extent = points["coord"].max(axis=0) - points["coord"].min(axis=0)
    return (extent // granularity).astype(int) + 3


def distorted(points, granularity, magnitude, noise):
    for _ in range(2):
        for axis in range(3):
            noise = np.apply_along_axis(lambda line: np.convolve(line, np.full(3, 1 / 3), "same"), axis, noise)
    # the nodes' hat functions, whose products interpolate
    at = (points["coord"] - points["coord"].min(axis=0)) / granularity + 1
    hats = [np.maximum(0, 1 - np.abs(at[:, [axis]] - np.arange(noise.shape[axis]))) for axis in range(3)]
    return {**points, "coord": points["coord"] + magnitude * np.einsum("pi,pj,pk,ijkc->pc", *hats, noise)}


def contrasted(points, blend):
    color = (points["color"] + 1) * 127.5
    low, high = color.min(axis=0, keepdims=True), color.max(axis=0, keepdims=True)
    stretched = (color - low) * (255 / (high - low))
    return {**points, "color": ((1 - blend) * color + blend * stretched) / 127.5 - 1}


def cases():
    rng = np.random.default_rng(7)
    points = cloud(rng)
    size = lattice_size(points, 0.4)
    noise = np.array(rounded(rng.normal(size=(*size, 3))))
    made = {
        "rotate": ({"angles": [0.03, -0.04, 2.1]}, rotated(points, [0.03, -0.04, 2.1])),
        "scale": ({"factors": [0.9, 1.15, 1.02]}, linear(points, np.diag([0.9, 1.15, 1.02]))),
        "mirror": ({}, linear(points, np.diag([-1.0, 1.0, 1.0]))),
        "tilt": ({"direction": 0.7, "slope": 0.05}, tilted(points, 0.7, 0.05)),
        "elastic": ({"granularity": 0.4, "magnitude": 0.8, "size": size.tolist(), "noise": rounded(noise.reshape(-1, 3))},
                    distorted(points, 0.4, 0.8, noise)),
        "contrast": ({"blend": 0.3}, contrasted(points, 0.3)),
    }
    write = lambda cloud: {name: rounded(values) for name, values in cloud.items()}
    return {"points": write(points),
            **{name: {**parameters, "result": write(result)} for name, (parameters, result) in made.items()}}


def main():
    text = json.dumps(cases(), separators=(",", ":")) + "\n"
    if "--check" in sys.argv[1:]:
        if not FILE.is_file() or FILE.read_text() != text:
            sys.exit(f"differs: {FILE}")
        return
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text)


if __name__ == "__main__":
    main()
