"""Tiny random checkpoints in the exact layout of the published Stable Diffusion families.

Layout means: file names, config fields and their values where they decide something, tensor names, the
tokenizer's files and its pad token. Widths and depths are small; weights are float16, as most of them are
published, and what is computed with them is not.
"""

import json
import shutil
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    EulerDiscreteScheduler,
    PNDMScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from common import DATA, in_dtype, randomise
from models import clip_config

LENGTH = 77
END = "<|endoftext|>"
START = "<|startoftext|>"
VOCABULARY = DATA / "tokenizer"
FAMILIES = ("sd15", "sd21-v", "sdxl")

SCALED = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
PARTS_SD = dict(safety_checker=None, feature_extractor=None, requires_safety_checker=False)


def folder_of(family: str) -> Path:
    return DATA / f"tiny-{family}"


def halved(model: torch.nn.Module) -> torch.nn.Module:
    """Weights that float16 can hold, in float32."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    return model


def clip(value: int, projected: bool = False, **changes):
    kind = CLIPTextModelWithProjection if projected else CLIPTextModel
    shared = dict(vocab_size=680, max_position_embeddings=LENGTH, bos_token_id=0)
    return halved(randomise(kind(clip_config(**(shared | changes))), value))


def vae(value: int, **changes) -> AutoencoderKL:
    settings = dict(
        sample_size=64,
        block_out_channels=(8, 8, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=4,
        layers_per_block=1,
        scaling_factor=0.18215,
    )
    return halved(randomise(AutoencoderKL(**(settings | changes)), value))


def unet(value: int, **settings) -> UNet2DConditionModel:
    shared = dict(sample_size=8, in_channels=4, out_channels=4, layers_per_block=1, norm_num_groups=8)
    return halved(randomise(UNet2DConditionModel(**(shared | settings)), value))


def models(family: str) -> dict:
    """Networks and scheduler of a family, float32; not the tokenizers."""
    crossed = dict(
        block_out_channels=(16, 16, 16, 16),
        down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
    )
    offset = dict(set_alpha_to_one=False, steps_offset=1)
    if family == "sd15":
        return dict(
            unet=unet(701, attention_head_dim=8, cross_attention_dim=32, **crossed),
            text_encoder=clip(711),
            vae=vae(721),
            scheduler=PNDMScheduler(skip_prk_steps=True, **SCALED, **offset),
        )
    if family == "sd21-v":
        return dict(
            unet=unet(
                702,
                attention_head_dim=[1, 2, 4, 4],
                cross_attention_dim=40,
                use_linear_projection=True,
                upcast_attention=True,
                **crossed,
            ),
            # OpenCLIP's gelu; its last layer is left out of the published config, so the last is the penultimate.
            text_encoder=clip(712, hidden_act="gelu", hidden_size=40, projection_dim=16),
            vae=vae(722),
            scheduler=DDIMScheduler(
                prediction_type="v_prediction", clip_sample=False, **SCALED, **offset
            ),
        )
    return dict(
        unet=unet(
            703,
            block_out_channels=(16, 16, 16),
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            transformer_layers_per_block=[1, 1, 2],
            attention_head_dim=[1, 2, 4],
            cross_attention_dim=72,
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=6 * 8 + 24,
        ),
        text_encoder=clip(713),
        text_encoder_2=clip(
            714, True, hidden_act="gelu", hidden_size=40, projection_dim=24, num_hidden_layers=3, bos_token_id=0
        ),
        vae=vae(723, scaling_factor=0.13025, force_upcast=True),
        scheduler=EulerDiscreteScheduler(
            timestep_spacing="leading", steps_offset=1, interpolation_type="linear", **SCALED
        ),
    )


def special(content: str) -> dict:
    return dict(content=content, lstrip=False, normalized=True, rstrip=False, single_word=False)


def write_tokenizer(folder: Path, pad: str, declared: str) -> None:
    """As transformers 4 wrote them: vocabulary, merges, and two files that may disagree about the pad token."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("vocab.json", "merges.txt"):
        shutil.copyfile(VOCABULARY / name, folder / name)
    config = dict(
        add_prefix_space=False,
        bos_token=dict(__type="AddedToken", **special(START)),
        do_lower_case=True,
        eos_token=dict(__type="AddedToken", **special(END)),
        errors="replace",
        model_max_length=LENGTH,
        pad_token=declared,
        tokenizer_class="CLIPTokenizer",
        unk_token=dict(__type="AddedToken", **special(END)),
    )
    tokens = dict(bos_token=special(START), eos_token=special(END), pad_token=pad, unk_token=special(END))
    for name, value in (("tokenizer_config", config), ("special_tokens_map", tokens)):
        (folder / f"{name}.json").write_text(json.dumps(value, indent=2) + "\n")


def tokenizers(family: str) -> dict:
    folder = folder_of(family)
    out = dict(tokenizer=CLIPTokenizer.from_pretrained(folder / "tokenizer"))
    if family == "sdxl":
        out["tokenizer_2"] = CLIPTokenizer.from_pretrained(folder / "tokenizer_2")
    return out


def pipeline(family: str, dtype: torch.dtype):
    """diffusers' pipeline over the family's models, with the tokenizers in its folder."""
    parts = models(family)
    parts = {k: in_dtype(v, dtype) if isinstance(v, torch.nn.Module) else v for k, v in parts.items()}
    kind = StableDiffusionXLPipeline if family == "sdxl" else StableDiffusionPipeline
    extra = dict(add_watermarker=False) if family == "sdxl" else PARTS_SD
    pipe = kind(**parts, **tokenizers(family), **extra)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def rename(file: Path, change) -> None:
    tensors = {change(name): tensor for name, tensor in load_file(file).items()}
    save_file(tensors, file, metadata={"format": "pt"})


def published_text_names(name: str) -> str:
    return name if name.startswith(("text_model.", "text_projection.")) else f"text_model.{name}"


OLD_ATTENTION = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def old_vae_names(name: str) -> str:
    """As in Stable Diffusion 1.5's published VAE, which was saved before diffusers renamed its attention."""
    if ".attentions." in name:
        for new, old in OLD_ATTENTION.items():
            name = name.replace(f".{new}.", f".{old}.")
    return name


def write_checkpoint(family: str) -> None:
    folder = folder_of(family)
    shutil.rmtree(folder, ignore_errors=True)
    write_tokenizer(folder / "tokenizer", *(("!", END) if family == "sd21-v" else (END, END)))
    if family == "sdxl":
        write_tokenizer(folder / "tokenizer_2", "!", "!")
    pipe = pipeline(family, torch.float16)
    pipe.save_pretrained(folder)
    for name in ("tokenizer", "tokenizer_2"):
        # transformers 5 writes another layout than the published folders have.
        shutil.rmtree(folder / name, ignore_errors=True)
    write_tokenizer(folder / "tokenizer", *(("!", END) if family == "sd21-v" else (END, END)))
    if family == "sdxl":
        write_tokenizer(folder / "tokenizer_2", "!", "!")
        rename(folder / "text_encoder_2" / "model.safetensors", published_text_names)
    file = folder / "text_encoder" / "model.safetensors"
    rename(file, published_text_names)
    if family == "sd15":
        tensors = load_file(file)
        tensors["text_model.embeddings.position_ids"] = torch.arange(LENGTH)[None]
        save_file(tensors, file, metadata={"format": "pt"})
        rename(folder / "vae" / "diffusion_pytorch_model.safetensors", old_vae_names)
