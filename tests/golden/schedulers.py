"""Noise schedules and samplers, driven by a made-up model so that no network is needed.

diffusers' samplers compute in float32 whatever they are given. To have vectors that can tell an error
from rounding, their modules are also run with float64 in the place of float32.
"""

import importlib
from contextlib import contextmanager

import numpy as np
import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    PNDMScheduler,
)

from common import AGREEMENT, prefixed, relative, save, save_json, seed

SD = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
SHAPE = (1, 4, 2, 2)
MOST_STEPS = 60
PREDICTIONS = ("epsilon", "v_prediction")
SPACINGS = ("leading", "trailing", "linspace")


class Doubled:
    """torch or numpy, but with float64 under the name of float32."""

    def __init__(self, module):
        self._module = module

    def __getattr__(self, name):
        return getattr(self._module, "float64" if name == "float32" else name)


@contextmanager
def arithmetic(kind: type, dtype: torch.dtype):
    """Has a scheduler's module compute in `dtype`."""
    if dtype == torch.float32:
        yield
        return
    module = importlib.import_module(kind.__module__)
    real = module.torch, module.np
    module.torch, module.np = Doubled(torch), Doubled(np)
    try:
        yield
    finally:
        module.torch, module.np = real


@contextmanager
def noise_from(kind: type, draws: torch.Tensor, used: list):
    """Has a scheduler add draws[i] at step i in place of random numbers."""
    module = importlib.import_module(kind.__module__)
    real = getattr(module, "randn_tensor", None)

    def draw(shape, dtype=None, **_):
        used.append(True)
        return draws[len(used) - 1].reshape(shape).to(dtype)

    module.randn_tensor = draw
    try:
        yield
    finally:
        module.randn_tensor = real


def fake_model(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return 0.3 * x + 0.1 * torch.sin(x + t.to(x.dtype) / 200)


def trajectory(kind: type, settings: dict, steps: int, eta: float, dtype: torch.dtype) -> dict:
    """samples[0] is the start (noise times init_noise_sigma), samples[i] what step i gives."""
    seed(420)
    noise, draws = torch.randn(SHAPE).to(dtype), torch.randn(MOST_STEPS, *SHAPE)
    used = []
    with arithmetic(kind, dtype), noise_from(kind, draws, used):
        scheduler = kind(**settings)
        scheduler.set_timesteps(steps)
        first = scheduler.init_noise_sigma
        sample = noise * first
        samples = [sample]
        extra = {"eta": eta} if eta else {}
        for t in scheduler.timesteps:
            scaled = scheduler.scale_model_input(sample, t)
            sample = scheduler.step(fake_model(scaled, t), t, sample, **extra).prev_sample
            samples.append(sample)
    return {
        "timesteps": scheduler.timesteps.to(torch.float64),
        "samples": torch.stack(samples),
        "init_noise_sigma": first,
    }


class Cases:
    def __init__(self):
        self.out, self.cases = {}, {}
        self.worst_last = (0.0, "")

    def add(self, name: str, kind: type, settings: dict, *, steps: int = 10, eta: float = 0):
        """Keeps the float64 trajectory; float32's must be near it, its last sample for itself too."""
        single = trajectory(kind, settings, steps, eta, torch.float32)
        double = trajectory(kind, settings, steps, eta, torch.float64)
        first = [float(each.pop("init_noise_sigma")) for each in (single, double)]
        assert abs(first[0] / first[1] - 1) < 1e-5, f"{name}.init_noise_sigma: {first}"
        for key, value in double.items():
            assert torch.isfinite(value).all(), f"{name}.{key}"
            error = relative(single[key], value)
            assert error <= 2e-5, f"{name}.{key}: float32 is {error:.2e} from float64"
            if error > AGREEMENT.get("schedulers", {"worst": 0})["worst"]:
                AGREEMENT["schedulers"] = {"worst": error, "tensor": f"{name}.{key}"}
        last = relative(single["samples"][-1], double["samples"][-1])
        assert last <= 1e-3, f"{name}: the last sample of float32 is {last:.2e} from float64"
        self.worst_last = max(self.worst_last, (last, name))
        self.out |= prefixed(name, {key: value.float() for key, value in double.items()})
        self.cases[name] = {
            "scheduler": kind.__name__,
            "config": settings,
            "steps": steps,
            "eta": eta,
            "init_noise_sigma": first[1],
        }


def noise_schedules(out: dict, cases: dict) -> None:
    seed(410)
    batch = {
        "sample": torch.randn(5, *SHAPE[1:]),
        "noise": torch.randn(5, *SHAPE[1:]),
        "timesteps": torch.tensor([0, 1, 333, 998, 999]),
    }
    out.update({f"schedule.{k}": v for k, v in batch.items()})
    args = batch["sample"].double(), batch["noise"].double(), batch["timesteps"]
    for schedule in ("scaled_linear", "linear", "squaredcos_cap_v2"):
        for rescale in (False, True):
            settings = SD | {"beta_schedule": schedule, "rescale_betas_zero_snr": rescale}
            name = f"schedule.{schedule}{'.zero-snr' if rescale else ''}"
            cases[name] = {"config": settings}
            with arithmetic(DDPMScheduler, torch.float64):
                scheduler = DDPMScheduler(**settings)
                result = {
                    "alphas_cumprod": scheduler.alphas_cumprod,
                    "add_noise": scheduler.add_noise(*args),
                    "get_velocity": scheduler.get_velocity(*args),
                }
            out |= prefixed(name, {k: v.float() for k, v in result.items()})


def spacings(out: dict) -> None:
    """Timesteps of counts where rounding decides."""
    for spacing in SPACINGS:
        for steps in (1, 3, 7, 16, 27, 31, 48, 53, 96, 112):
            for kind, name in ((DDIMScheduler, "plain"), (DPMSolverMultistepScheduler, "solver")):
                scheduler = kind(**SD, timestep_spacing=spacing, steps_offset=1)
                scheduler.set_timesteps(steps)
                out[f"spacing.{name}.{spacing}.{steps}"] = scheduler.timesteps.to(torch.int32)


KINDS = {
    "ddim": (DDIMScheduler, dict(clip_sample=False, set_alpha_to_one=False)),
    "pndm": (PNDMScheduler, dict(skip_prk_steps=True)),
    "ddpm": (DDPMScheduler, dict(clip_sample=False)),
    "euler": (EulerDiscreteScheduler, {}),
    "euler-ancestral": (EulerAncestralDiscreteScheduler, {}),
    "dpm": (DPMSolverMultistepScheduler, {}),
}


def make_schedulers() -> None:
    made = Cases()
    noise_schedules(made.out, made.cases)
    spacings(made.out)

    def add(name: str, tail: str, /, steps: int = 10, eta: float = 0, **settings):
        kind, own = KINDS[name]
        made.add(f"{name}.{tail}", kind, SD | own | settings, steps=steps, eta=eta)

    offset = dict(steps_offset=1)
    for prediction in PREDICTIONS:
        choice = dict(prediction_type=prediction)
        for name in KINDS:
            for spacing in SPACINGS:
                add(name, f"{prediction}.{spacing}", timestep_spacing=spacing, **offset, **choice)
            for schedule in ("linear", "squaredcos_cap_v2"):
                add(name, f"{prediction}.{schedule}", beta_schedule=schedule, **choice)
            add(name, f"{prediction}.one-step", steps=1, timestep_spacing="trailing", **choice)
            add(name, f"{prediction}.50-steps", steps=50, timestep_spacing="leading", **offset, **choice)
            add(name, f"{prediction}.27-steps-of-500", steps=27, num_train_timesteps=500, **choice)
        for name in ("euler", "dpm"):
            for spacing in SPACINGS:
                tail = f"{prediction}.karras.{spacing}"
                add(name, tail, use_karras_sigmas=True, timestep_spacing=spacing, **offset, **choice)
            for karras in (False, True):
                tail = f"{prediction}.sigma-min{'.karras' if karras else ''}"
                add(name, tail, final_sigmas_type="sigma_min", use_karras_sigmas=karras, **choice)
        # Not for DPM-Solver: this repeats the first timestep, which makes diffusers start at the second step.
        cosine = dict(beta_schedule="squaredcos_cap_v2", use_karras_sigmas=True)
        add("euler", f"{prediction}.karras.squaredcos_cap_v2", **cosine, **choice)
        for eta in (0.5, 1.0):
            for spacing in SPACINGS:
                add("ddim", f"{prediction}.eta-{eta}.{spacing}", eta=eta, timestep_spacing=spacing, **choice)
        final = dict(final_sigmas_type="sigma_min", timestep_spacing="trailing")
        add("dpm", f"{prediction}.lower-order-final-off", lower_order_final=False, **final, **choice)
        add("dpm", f"{prediction}.20-steps", steps=20, **final, **choice)
        add("dpm", f"{prediction}.euler-at-final", steps=20, euler_at_final=True, **final, **choice)
        add("dpm", f"{prediction}.first-order", solver_order=1, **choice)
        cosine = dict(beta_schedule="squaredcos_cap_v2")
        for spacing in SPACINGS:
            clipped = dict(lambda_min_clipped=-5.1, timestep_spacing=spacing)
            add("dpm", f"{prediction}.lambda-min-clipped.{spacing}", **clipped, **cosine, **choice)
    zero = dict(prediction_type="v_prediction", timestep_spacing="trailing", rescale_betas_zero_snr=True)
    for name in ("ddim", "ddpm", "euler", "euler-ancestral", "dpm"):
        add(name, "zero-snr", **zero)
    add("ddim", "zero-snr.eta", eta=0.8, **zero)
    for name in ("ddim", "ddpm"):
        add(name, "clip-sample", clip_sample=True, **offset)
        add(name, "clip-sample-range", clip_sample=True, clip_sample_range=0.5, prediction_type="v_prediction")
    for name in ("ddim", "pndm"):
        add(name, "alpha-one", set_alpha_to_one=True, **offset)
    add("euler", "karras.sigma-range", use_karras_sigmas=True, sigma_min=0.1, sigma_max=10.0)
    betas = torch.linspace(0.01, 0.3, 40).square().tolist()
    add("dpm", "trained-betas", trained_betas=betas, num_train_timesteps=40)
    seed(420)
    made.out["noise"], made.out["draws"] = torch.randn(SHAPE), torch.randn(MOST_STEPS, *SHAPE)
    print(f"schedulers: float32 against float64 {AGREEMENT['schedulers']}, last samples {made.worst_last}")
    save("schedulers", made.out)
    save_json("schedulers", made.cases)
