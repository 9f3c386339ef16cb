"""Optimiser trajectories on a quadratic, the moving average beside one, and gradient clipping; float64."""

import torch
from diffusers.training_utils import EMAModel
from lion_pytorch import Lion
from prodigyopt import Prodigy

from common import save, save_json

SIZE, STEPS = 8, 30
# Prodigy measures how far the weights have come. From its default d0 of 1e-6 that is lost in float32's rounding, in
# PyTorch as well (1.7e-2 after 30 steps): these start a thousand times further on.
PRODIGY = dict(lr=1.0, d0=1e-3)
CASES = {
    "adamw": (torch.optim.AdamW, dict(lr=0.05, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)),
    "adamw.plain": (torch.optim.AdamW, dict(lr=0.01, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.0)),
    "lion": (Lion, dict(lr=0.02)),
    "lion.decay": (Lion, dict(lr=0.05, betas=(0.8, 0.95), weight_decay=0.1)),
    "prodigy": (Prodigy, PRODIGY),
    "prodigy.decay": (Prodigy, PRODIGY | dict(lr=0.5, weight_decay=0.05, d_coef=2.0, betas=(0.9, 0.99), beta3=0.98)),
    "prodigy.coupled": (Prodigy, PRODIGY | dict(weight_decay=0.05, decouple=False, eps=1e-6)),
    "prodigy.safe": (Prodigy, PRODIGY | dict(use_bias_correction=True, safeguard_warmup=True)),
    "sgd": (torch.optim.SGD, dict(lr=0.05)),
    "sgd.momentum": (torch.optim.SGD, dict(lr=0.02, momentum=0.9)),
    "sgd.nesterov": (torch.optim.SGD, dict(lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.1)),
}


def make_optimizers() -> None:
    """loss(p) = 0.5 * sum(curvature * (p - target)^2). params[0] is the start, params[i] after step i."""
    generator = torch.Generator().manual_seed(810)
    start = torch.randn(SIZE, generator=generator).double()
    target = torch.randn(SIZE, generator=generator).double()
    curvature = (torch.rand(SIZE, generator=generator) * 3 + 0.2).double()
    out = {"start": start, "target": target, "curvature": curvature}
    for name, (kind, settings) in CASES.items():
        parameter = torch.nn.Parameter(start.clone())
        optimizer = kind([parameter], **settings)
        path, losses = [start], []
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = 0.5 * (curvature * (parameter - target) ** 2).sum()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
            path.append(parameter.detach().clone())
        out[f"{name}.params"], out[f"{name}.losses"] = torch.stack(path), torch.stack(losses)
        if name == "adamw":
            average(out, path)
        state = optimizer.state[parameter]
        for key in ("exp_avg", "exp_avg_sq", "s", "momentum_buffer"):
            if state.get(key) is not None:
                out[f"{name}.{key}"] = state[key]
    clip(out, generator)
    save("optimizers", out)
    save_json("optimizers", {k: {"optimizer": kind.__name__, **s, "steps": STEPS} for k, (kind, s) in CASES.items()})


def average(out: dict, path: list) -> None:
    """diffusers' EMAModel with its defaults but a decay of 0.6, beside the path: one row a step."""
    parameter = torch.nn.Parameter(path[0].clone())
    ema = EMAModel([parameter], decay=0.6)
    rows = []
    for step in path[1:]:
        with torch.no_grad():
            parameter.copy_(step)
        ema.step([parameter])
        rows.append(ema.shadow_params[0].clone())
    out["adamw.ema"] = torch.stack(rows)


def clip(out: dict, generator: torch.Generator) -> None:
    """clip_grad_norm_ over two tensors: gradients times min(1, max / (norm + 1e-6))."""
    grads = [torch.randn(3, 4, generator=generator).double(), torch.randn(5, generator=generator).double()]
    for i, grad in enumerate(grads):
        out[f"clip.grad{i}"] = grad
    for name, limit in (("tight", 1.0), ("loose", 1000.0)):
        parameters = [torch.nn.Parameter(torch.zeros_like(grad)) for grad in grads]
        for parameter, grad in zip(parameters, grads):
            parameter.grad = grad.clone()
        norm = torch.nn.utils.clip_grad_norm_(parameters, limit)
        out[f"clip.{name}.max_norm"] = torch.tensor(limit, dtype=torch.float64)
        out[f"clip.{name}.norm"] = norm.double()
        for i, parameter in enumerate(parameters):
            out[f"clip.{name}.out{i}"] = parameter.grad
