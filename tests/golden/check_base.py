"""Draws with diffusers what this project drew, from the same folder and the same noise, and compares.

    python check_base.py --base DIR --input input.json --ours ours.safetensors [--lora FILE] [--lora-scale 1]

DIR: a pipeline in diffusers layout (model_index.json, unet, vae, text_encoder, tokenizer, scheduler).
input.json: {"prompt": text or list, "negative_prompt": "" , "steps": 20, "guidance": 7.5,
  "guidance_rescale": 0}; all but the prompt have these defaults.
ours.safetensors: `noise` [B,C,h,w], standard normal (before init_noise_sigma), and of the results any of
  `latents` (after the last step), `decoded` (the VAE's output), `image` (clamp(decoded/2+0.5, 0, 1));
  with `ids` [B,L], `negative_ids` the tokenizer is compared too, or, where DIR has none, replaced.
FILE: a LoRA file that load_lora_weights takes; the results in ours.safetensors are then with it.

Prints one JSON object: error (the largest relative error), errors (each), ids_equal (null where not
compared), lora_effect (relative change of the latents that the LoRA makes, null without one), versions.
The exit status says whether it ran, not whether the error is small: the caller knows its tolerance.
"""

import argparse
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import diffusers
import torch
import transformers
from diffusers import StableDiffusionPipeline
from safetensors.torch import load_file

from common import relative

PACKAGES = ("torch", "diffusers", "transformers", "peft")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--ours", type=Path, required=True)
    parser.add_argument("--lora", type=Path)
    parser.add_argument("--lora-scale", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def load(base: Path) -> StableDiffusionPipeline:
    named = json.loads((base / "model_index.json").read_text()).get("tokenizer", [None, None])
    absent = {} if named[0] else {"tokenizer": None}
    pipe = StableDiffusionPipeline.from_pretrained(
        base, safety_checker=None, requires_safety_checker=False, torch_dtype=torch.float32, **absent
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def as_rows(text, rows: int) -> list[str]:
    texts = [text] * rows if isinstance(text, str) else list(text)
    if len(texts) != rows:
        raise SystemExit(f"{len(texts)} prompts for noise of batch {rows}; give one prompt or {rows}")
    return texts


def token_ids(pipe, text, ours: torch.Tensor | None, rows: int):
    """diffusers' ids for the text (ours where it has no tokenizer), and whether both agree."""
    if pipe.tokenizer is None:
        if ours is None:
            raise SystemExit("the base has no tokenizer: put ids and negative_ids beside the noise")
        return ours.long(), None
    ids = pipe.tokenizer(
        as_rows(text, rows),
        padding="max_length",
        max_length=pipe.tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    ).input_ids
    return ids, None if ours is None else torch.equal(ids, ours.long())


def draw(pipe, request: dict, ids: torch.Tensor, negative: torch.Tensor, noise: torch.Tensor) -> dict:
    latents = pipe(
        prompt_embeds=pipe.text_encoder(ids)[0],
        negative_prompt_embeds=pipe.text_encoder(negative)[0],
        latents=noise,
        height=noise.shape[2] * pipe.vae_scale_factor,
        width=noise.shape[3] * pipe.vae_scale_factor,
        num_inference_steps=request.get("steps", 20),
        guidance_scale=request.get("guidance", 7.5),
        guidance_rescale=request.get("guidance_rescale", 0.0),
        output_type="latent",
    ).images
    decoded = pipe.vae.decode(latents / pipe.vae.config.scaling_factor).sample
    return {"latents": latents, "decoded": decoded, "image": (decoded / 2 + 0.5).clamp(0, 1)}


@torch.no_grad()
def main() -> None:
    args = arguments()
    torch.set_num_threads(args.threads)
    diffusers.utils.logging.set_verbosity_error()
    transformers.utils.logging.set_verbosity_error()
    request, ours = json.loads(args.input.read_text()), load_file(args.ours)
    compared = [key for key in ("latents", "decoded", "image") if key in ours]
    if "noise" not in ours or not compared:
        raise SystemExit(f"--ours needs noise and latents, decoded or image; it has {', '.join(sorted(ours))}")
    pipe, noise = load(args.base), ours["noise"].float()
    ids, same = token_ids(pipe, request.get("prompt", ""), ours.get("ids"), len(noise))
    negative, negative_same = token_ids(
        pipe, request.get("negative_prompt", ""), ours.get("negative_ids"), len(noise)
    )
    effect = None
    if args.lora:
        plain = draw(pipe, request, ids, negative, noise)["latents"]
        pipe.load_lora_weights(args.lora.parent, weight_name=args.lora.name, adapter_name="checked")
        pipe.set_adapters(["checked"], [args.lora_scale])
    theirs = draw(pipe, request, ids, negative, noise)
    if args.lora:
        effect = relative(theirs["latents"], plain)
    errors = {key: relative(ours[key], theirs[key]) for key in compared}
    verdicts = [value for value in (same, negative_same) if value is not None]
    report = {
        "error": max(errors.values()),
        "errors": errors,
        "ids_equal": all(verdicts) if verdicts else None,
        "lora_effect": effect,
        "versions": {name: version(name) for name in PACKAGES},
    }
    json.dump(report, sys.stdout)
    print()


if __name__ == "__main__":
    main()
