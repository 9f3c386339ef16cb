"""Noise schedules and samplers, driven by a made-up model so that no network is needed."""

import torch
from diffusers import DDIMScheduler, DDPMScheduler, EulerDiscreteScheduler

from common import save, save_json, seed

STEPS = 10
SD = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")


def fake_model(x: torch.Tensor) -> torch.Tensor:
    return 0.3 * x + 0.1 * torch.sin(x)


def noise_schedules(out: dict, cases: dict) -> None:
    seed(410)
    batch = {
        "sample": torch.randn(5, 4, 4, 4),
        "noise": torch.randn(5, 4, 4, 4),
        "timesteps": torch.tensor([0, 1, 333, 998, 999]),
    }
    out.update({f"ddpm.{k}": v for k, v in batch.items()})
    for schedule in ("scaled_linear", "linear", "squaredcos_cap_v2"):
        for rescale in (False, True):
            settings = SD | {"beta_schedule": schedule, "rescale_betas_zero_snr": rescale}
            scheduler = DDPMScheduler(**settings)
            name = f"ddpm.{schedule}{'.zero-snr' if rescale else ''}"
            args = batch["sample"], batch["noise"], batch["timesteps"]
            cases[name] = {"scheduler": "DDPMScheduler", "config": settings}
            out[f"{name}.betas"] = scheduler.betas
            out[f"{name}.alphas_cumprod"] = scheduler.alphas_cumprod
            out[f"{name}.add_noise"] = scheduler.add_noise(*args)
            out[f"{name}.get_velocity"] = scheduler.get_velocity(*args)


def trajectory(name: str, scheduler, settings: dict, out: dict, cases: dict) -> None:
    """samples[0] is the start (noise times init_noise_sigma), samples[i] what step i gives."""
    scheduler.set_timesteps(STEPS)
    seed(420)
    noise = torch.randn(1, 4, 4, 4)
    sample = noise * scheduler.init_noise_sigma
    samples, inputs = [sample], []
    for t in scheduler.timesteps:
        scaled = scheduler.scale_model_input(sample, t)
        sample = scheduler.step(fake_model(scaled), t, sample).prev_sample
        inputs.append(scaled)
        samples.append(sample)
    # float32 is kept: these schedulers hold float32 coefficients (and Euler steps in float32) themselves.
    result = {
        "noise": noise,
        "timesteps": scheduler.timesteps.float(),
        "samples": torch.stack(samples),
    }
    if hasattr(scheduler, "sigmas"):
        result |= {"sigmas": scheduler.sigmas.float(), "model_inputs": torch.stack(inputs)}
    for key, value in result.items():
        assert torch.isfinite(value).all(), f"{name}.{key}"
        out[f"{name}.{key}"] = value
    cases[name] = {
        "scheduler": type(scheduler).__name__,
        "config": settings,
        "steps": STEPS,
        "init_noise_sigma": float(scheduler.init_noise_sigma),
    }


def make_schedulers() -> None:
    out, cases = {}, {}
    noise_schedules(out, cases)
    ddim = SD | dict(clip_sample=False, set_alpha_to_one=False, steps_offset=1)
    euler = SD | dict(steps_offset=1)
    for prediction in ("epsilon", "v_prediction"):
        for spacing in ("leading", "trailing", "linspace"):
            choice = dict(prediction_type=prediction, timestep_spacing=spacing)
            tail = f"{prediction}.{spacing}"
            trajectory(f"ddim.{tail}", DDIMScheduler(**ddim, **choice), ddim | choice, out, cases)
            trajectory(f"euler.{tail}", EulerDiscreteScheduler(**euler, **choice), euler | choice, out, cases)
    zero = dict(prediction_type="v_prediction", timestep_spacing="trailing", rescale_betas_zero_snr=True)
    trajectory("ddim.zero-snr", DDIMScheduler(**ddim, **zero), ddim | zero, out, cases)
    trajectory("euler.zero-snr", EulerDiscreteScheduler(**euler, **zero), euler | zero, out, cases)
    one = ddim | dict(set_alpha_to_one=True, prediction_type="epsilon", timestep_spacing="leading")
    trajectory("ddim.alpha-one", DDIMScheduler(**one), one, out, cases)
    clipped = one | dict(clip_sample=True, set_alpha_to_one=False)
    trajectory("ddim.clip-sample", DDIMScheduler(**clipped), clipped, out, cases)
    save("schedulers", out)
    save_json("schedulers", cases)
