"""Draws with diffusers from a pipeline folder and a LoRA, or makes the LoRA with peft first.

    python exchange_lora.py --base DIR --input input.json --noise FILE --out FILE (--lora FILE | --make DIR)

input.json: {"prompt": [...], "negative_prompt": "", "steps": 4, "guidance": 5, "clip_skip": null}; the noise file has `noise`
[B,C,h,w], standard normal. --lora: what load_lora_weights takes. --make: adapters of peft with random factors on UNet
and text encoders, saved there by save_lora_weights. OUT gets `image` [B,3,H,W] in 0..1 with the LoRA, `plain` without.
"""

import argparse
import json
import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import diffusers
import torch
import transformers
from diffusers import DiffusionPipeline
from diffusers.utils import convert_state_dict_to_diffusers
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file

TARGETS = {
    "unet": ["to_q", "to_k", "to_v", "to_out.0", "conv1", "proj_in"],
    "text_encoder": ["q_proj", "v_proj", "out_proj"],
    "text_encoder_2": ["k_proj", "v_proj"],
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("base", "input", "noise", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--lora", type=Path)
    parser.add_argument("--make", type=Path)
    return parser.parse_args()


def make(pipe, folder: Path) -> None:
    """Adapters with numbers in both factors, left in the pipeline and saved."""
    generator = torch.Generator().manual_seed(7)
    saved = {}
    for component, targets in TARGETS.items():
        model = getattr(pipe, component, None)
        if model is None:
            continue
        model.add_adapter(LoraConfig(r=3, lora_alpha=6, target_modules=targets))
        with torch.no_grad():
            for name, parameter in sorted(model.named_parameters()):
                if "lora_" in name:
                    parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
        state = get_peft_model_state_dict(model)
        saved[f"{component}_lora_layers"] = convert_state_dict_to_diffusers(state)
        saved[f"{component}_lora_adapter_metadata"] = model.peft_config["default"].to_dict()
    pipe.save_lora_weights(folder, **saved)


def draw(pipe, request: dict, noise: torch.Tensor) -> torch.Tensor:
    return pipe(
        prompt=request["prompt"],
        negative_prompt=[request["negative_prompt"]] * len(noise),
        latents=noise.clone(),
        height=noise.shape[2] * pipe.vae_scale_factor,
        width=noise.shape[3] * pipe.vae_scale_factor,
        num_inference_steps=request["steps"],
        guidance_scale=request["guidance"],
        clip_skip=request.get("clip_skip"),
        output_type="pt",
    ).images


@torch.no_grad()
def main() -> None:
    args = arguments()
    torch.set_num_threads(1)
    diffusers.utils.logging.set_verbosity_error()
    transformers.utils.logging.set_verbosity_error()
    request, noise = json.loads(args.input.read_text()), load_file(args.noise)["noise"]
    pipe = DiffusionPipeline.from_pretrained(args.base, torch_dtype=torch.float32, safety_checker=None)
    pipe.set_progress_bar_config(disable=True)
    if not hasattr(pipe.text_encoder, "text_model"):
        # diffusers looks for the final norm there; transformers 5 has it in the model itself.
        object.__setattr__(pipe.text_encoder, "text_model", pipe.text_encoder)
    out = {"plain": draw(pipe, request, noise)}
    if args.make:
        make(pipe, args.make)
    else:
        pipe.load_lora_weights(args.lora.parent, weight_name=args.lora.name, adapter_name="exchanged")
    out["image"] = draw(pipe, request, noise)
    save_file({k: v.float().contiguous() for k, v in out.items()}, args.out)


if __name__ == "__main__":
    main()
