"""Whole pictures by diffusers' StableDiffusionPipeline from the tiny models, and its folder on disk."""

import shutil

import torch
from diffusers import DDIMScheduler, EulerDiscreteScheduler, StableDiffusionPipeline

from common import DATA, in_dtype, prefixed, robust, save, save_json, seed
from models import save_text_encoder, text_encoder, token_ids, unet, vae
from schedulers import SD

DDIM = SD | dict(clip_sample=False, set_alpha_to_one=False, steps_offset=1)
CASES = {
    "ddim.epsilon": dict(scheduler="ddim", config=dict(prediction_type="epsilon")),
    "ddim.epsilon.rescale": dict(scheduler="ddim", config=dict(prediction_type="epsilon"), rescale=0.7),
    "ddim.v": dict(scheduler="ddim", config=dict(prediction_type="v_prediction")),
    "ddim.v.rescale": dict(
        scheduler="ddim",
        config=dict(prediction_type="v_prediction", timestep_spacing="trailing", rescale_betas_zero_snr=True),
        rescale=0.7,
    ),
    "euler.epsilon": dict(scheduler="euler", config=dict(prediction_type="epsilon")),
    "ddim.v.unguided": dict(scheduler="ddim", config=dict(prediction_type="v_prediction"), guidance=1.0),
}
# The picture is kept for these: 49 kB each.
DECODED = ("ddim.epsilon", "ddim.v", "ddim.v.rescale")


def pipeline(dtype: torch.dtype, scheduler) -> StableDiffusionPipeline:
    pipe = StableDiffusionPipeline(
        vae=in_dtype(vae(), dtype),
        text_encoder=in_dtype(text_encoder(), dtype),
        tokenizer=None,
        unet=in_dtype(unet(), dtype),
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def make_scheduler(case: dict):
    if case["scheduler"] == "ddim":
        return DDIMScheduler(**(DDIM | case["config"]))
    return EulerDiscreteScheduler(**(SD | dict(steps_offset=1, timestep_spacing="leading") | case["config"]))


def make_pipeline() -> None:
    folder = DATA / "tiny-sd"
    shutil.rmtree(folder, ignore_errors=True)
    pipeline(torch.float32, DDIMScheduler(**DDIM)).save_pretrained(folder)
    save_text_encoder(text_encoder(), folder / "text_encoder", published_names=True)

    seed(510)
    noise = torch.randn(1, 4, 8, 8)
    ids, negative = token_ids(511, 1), token_ids(512, 1)
    out = {"noise": noise, "ids": ids, "negative_ids": negative}
    described = {}
    for name, case in CASES.items():
        guidance = case.get("guidance", 7.5)

        def run(dtype, name=name, case=case, guidance=guidance):
            pipe = pipeline(dtype, make_scheduler(case))
            steps = []

            def keep(_pipe, _index, _time, values):
                steps.append(values["latents"])
                return values

            with torch.no_grad():
                latents = pipe(
                    prompt_embeds=pipe.text_encoder(ids)[0],
                    negative_prompt_embeds=pipe.text_encoder(negative)[0],
                    latents=noise.to(dtype),
                    height=64,
                    width=64,
                    num_inference_steps=10,
                    guidance_scale=guidance,
                    guidance_rescale=case.get("rescale", 0.0),
                    output_type="latent",
                    callback_on_step_end=keep,
                ).images
                decoded = pipe.vae.decode(latents / pipe.vae.config.scaling_factor).sample
            result = {"steps": torch.cat(steps), "latents": latents}
            return result | ({"decoded": decoded} if name in DECODED else {})

        out |= prefixed(name, robust(f"pipeline.{name}", run))
        scheduler = make_scheduler(case)
        described[name] = {
            "scheduler": type(scheduler).__name__,
            "config": {k: v for k, v in scheduler.config.items() if not k.startswith("_")},
            "steps": 10,
            "guidance": guidance,
            "guidance_rescale": case.get("rescale", 0.0),
        }
    save("pipeline", out)
    save_json("pipeline", described)
