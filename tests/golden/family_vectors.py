"""What diffusers' pipelines compute with the checkpoints of families.py: each part alone, and whole pictures."""

import torch

from common import in_dtype, prefixed, robust, save, save_json, seed
from families import FAMILIES, models, pipeline, tokenizers, write_checkpoint

PROMPT = "three red squares above a blue circle!"
NEGATIVE = "a green triangle"
LONG = " ".join(["a small red square to the left of the big blue ring,"] * 9)
TEXTS = ["", PROMPT, LONG]
STEPS = 6
# Latents of the picture: not a square, and every level halves evenly.
HEIGHT, WIDTH = 64, 128
# name -> what the pipeline is called with beyond prompt, negative prompt and noise
CASES = {
    "sd15": {"default": {}},
    "sd21-v": {"default": {}, "rescaled": {"guidance_rescale": 0.7}},
    "sdxl": {
        "default": {},
        "no-negative": {"negative_prompt": None},
        "cropped": {
            "original_size": (96, 160),
            "crops_coords_top_left": (8, 24),
            "target_size": (64, 128),
        },
    },
}


def wave(*shape: int) -> torch.Tensor:
    """sin(0.7 i + 0.3), i the flat index: an input that need not be kept."""
    i = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    return torch.sin(0.7 * i + 0.3).reshape(shape).float()


def states(pipe, text: str, dtype) -> dict[str, torch.Tensor]:
    """Text states as the pipeline conditions on them; of SDXL also the pooled ones."""
    if hasattr(pipe, "text_encoder_2"):
        prompt, _, pooled, _ = pipe.encode_prompt(text, do_classifier_free_guidance=False)
        return {"states": prompt.to(dtype), "pooled": pooled.to(dtype)}
    return {"states": pipe.encode_prompt(text, "cpu", 1, False)[0].to(dtype)}


def run_vae(family: str, dtype) -> dict[str, torch.Tensor]:
    """The pixels are wave(1, 3, 64, 128), the latents wave(1, 4, 8, 16)."""
    model = in_dtype(models(family)["vae"], dtype)
    pixels, latents = wave(1, 3, HEIGHT, WIDTH).to(dtype), wave(1, 4, HEIGHT // 8, WIDTH // 8).to(dtype)
    if family == "sdxl":
        model.enable_tiling()
    with torch.no_grad():
        return {"mean": model.encode(pixels).latent_dist.mean, "decoded": model.decode(latents).sample}


def make_family(family: str) -> None:
    write_checkpoint(family)
    out: dict[str, torch.Tensor] = {}
    for name, tokenizer in tokenizers(family).items():
        ids = tokenizer(TEXTS, padding="max_length", truncation=True, max_length=77, return_tensors="pt")
        out[f"{name}.ids"] = ids.input_ids

    def run_text(dtype):
        pipe = pipeline(family, dtype)
        with torch.no_grad():
            rows = [states(pipe, text, dtype) for text in TEXTS]
        return {key: torch.cat([row[key] for row in rows]) for key in rows[0]}

    out |= prefixed("text", robust(f"{family}.text", run_text, 1e-5))

    config = models(family)["unet"].config
    seed(810)
    inputs = {
        "sample": torch.randn(2, 4, HEIGHT // 8, WIDTH // 8),
        "timesteps": torch.tensor([7, 981]),
    }
    text = wave(2, 77, config.cross_attention_dim)
    if family == "sdxl":
        inputs["text_embeds"] = torch.randn(2, 24)
        inputs["time_ids"] = torch.tensor([[64, 128, 0, 0, 64, 128], [96, 160, 8, 24, 64, 128]])

    def run_unet(dtype):
        twin = in_dtype(models(family)["unet"], dtype)
        added = {k: inputs[k].to(dtype) for k in ("text_embeds", "time_ids") if k in inputs}
        with torch.no_grad():
            return {
                "output": twin(
                    inputs["sample"].to(dtype),
                    inputs["timesteps"],
                    text.to(dtype),
                    added_cond_kwargs=added or None,
                ).sample
            }

    out |= prefixed("unet", inputs | robust(f"{family}.unet", run_unet, 1e-5))

    if family != "sd21-v":
        out |= prefixed("vae", robust(f"{family}.vae", lambda dtype: run_vae(family, dtype), 1e-5))

    seed(830)
    noise = torch.randn(1, 4, HEIGHT // 8, WIDTH // 8)
    out["noise"] = noise
    for name, extra in CASES[family].items():

        def run(dtype, extra=extra, name=name):
            pipe = pipeline(family, dtype)
            settings = {"negative_prompt": NEGATIVE} | extra
            with torch.no_grad():
                final = pipe(
                    PROMPT,
                    latents=noise.to(dtype),
                    height=HEIGHT,
                    width=WIDTH,
                    num_inference_steps=STEPS,
                    guidance_scale=5.0,
                    output_type="latent",
                    **settings,
                ).images
                result = {"latents": final}
                if name == "default":
                    result["decoded"] = pipe.vae.decode(final / pipe.vae.config.scaling_factor).sample
            return result

        out |= prefixed(f"picture.{name}", robust(f"{family}.{name}", run))
    save(f"family-{family}", out)


def make_families() -> None:
    for family in FAMILIES:
        make_family(family)
    save_json(
        "families",
        {
            "prompt": PROMPT,
            "negative": NEGATIVE,
            "texts": TEXTS,
            "steps": STEPS,
            "guidance": 5.0,
            "height": HEIGHT,
            "width": WIDTH,
            "cases": CASES,
        },
    )
