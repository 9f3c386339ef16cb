"""Tiny checkpoints in diffusers layout, and what diffusers and transformers compute with them."""

import shutil

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel

from common import DATA, in_dtype, prefixed, randomise, robust, save, seed

LENGTH = 24
BOS, EOS = 198, 199


def clip_config(**changes) -> CLIPTextConfig:
    settings = dict(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        vocab_size=200,
        max_position_embeddings=LENGTH,
        hidden_act="quick_gelu",
        projection_dim=32,
        bos_token_id=BOS,
        eos_token_id=2,
        pad_token_id=1,
    )
    return CLIPTextConfig(**(settings | changes))


def text_encoder() -> CLIPTextModel:
    """As SD 1: quick_gelu, and the wrong but published eos_token_id 2, which means argmax over the ids."""
    return randomise(CLIPTextModel(clip_config()), 101)


def text_encoder_gelu() -> CLIPTextModel:
    """As SD 2: gelu. Its eos_token_id 150 is not the highest id, so the two pooling rules differ."""
    return randomise(CLIPTextModel(clip_config(hidden_act="gelu", eos_token_id=150)), 102)


def unet() -> UNet2DConditionModel:
    """As SD 1: attention_head_dim 8 means 8 heads (of 2 and 3 channels); 1x1 convolutions around attention."""
    return randomise(
        UNet2DConditionModel(
            sample_size=8,
            in_channels=4,
            out_channels=4,
            block_out_channels=(16, 24),
            down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
            layers_per_block=1,
            norm_num_groups=8,
            attention_head_dim=8,
            cross_attention_dim=32,
            use_linear_projection=False,
        ),
        201,
    )


def unet_linear() -> UNet2DConditionModel:
    """As SD 2 and SDXL: heads listed a level, linear projections, levels without attention, depth 2.

    Not narrower: over 8 channels the norms amplify rounding, and float32 gradients are off by 1e-4.
    """
    return randomise(
        UNet2DConditionModel(
            sample_size=8,
            in_channels=8,
            out_channels=8,
            block_out_channels=(16, 16),
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
            layers_per_block=2,
            transformer_layers_per_block=[2, 1],
            norm_num_groups=4,
            attention_head_dim=[2, 4],
            cross_attention_dim=32,
            use_linear_projection=True,
        ),
        202,
    )


def vae() -> AutoencoderKL:
    return randomise(
        AutoencoderKL(
            sample_size=64,
            block_out_channels=(8, 16, 16, 16),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            latent_channels=4,
            norm_num_groups=4,
            layers_per_block=1,
            scaling_factor=0.18215,
        ),
        301,
    )


def token_ids(value: int, rows: int, eos: int = EOS, pad: int = EOS) -> torch.Tensor:
    """Rows of bos, 3 to 18 words, eos, padding; int64 [rows, 24]."""
    generator = torch.Generator().manual_seed(value)
    ids = torch.full((rows, LENGTH), pad, dtype=torch.int64)
    for row in ids:
        words = int(torch.randint(3, 19, (1,), generator=generator))
        row[0] = BOS
        row[1 : 1 + words] = torch.randint(3, 197, (words,), generator=generator)
        row[1 + words] = eos
    return ids


def save_text_encoder(model: CLIPTextModel, folder, published_names: bool) -> None:
    """transformers 5 leaves `text_model.` out of the names; every published SD checkpoint has it."""
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    if published_names:
        file = folder / "model.safetensors"
        tensors = prefixed("text_model", load_file(file))
        save_file(tensors, file, metadata={"format": "pt"})


def make_clip() -> None:
    out = {}
    # Of the second rows one is padded with 0 (as SD 2), one holds ids above its eos.
    first = token_ids(111, 2)
    first[1][first[1].argmax() + 1 :] = 0
    second = token_ids(112, 2, eos=150, pad=0)
    assert (second[1] > 150).any() and second[1].argmax() != (second[1] == 150).int().argmax()
    for name, model, ids in (("quick-gelu", text_encoder(), first), ("gelu", text_encoder_gelu(), second)):

        def run(dtype, model=model, ids=ids):
            twin = in_dtype(model, dtype)
            with torch.no_grad():
                result = twin(ids, output_hidden_states=True)
                penultimate = result.hidden_states[-2]
                return {
                    "last_hidden_state": result.last_hidden_state,
                    "pooled": result.pooler_output,
                    "penultimate": penultimate,
                    "penultimate_normed": twin.final_layer_norm(penultimate),
                }

        out |= prefixed(name, {"ids": ids} | robust(f"clip.{name}", run, 1e-5))
    save("clip", out)
    save_text_encoder(text_encoder_gelu(), DATA / "tiny-clip-gelu", published_names=False)


def make_unet() -> None:
    out = {}
    for index, (name, model) in enumerate((("conv", unet()), ("linear", unet_linear()))):
        seed(210 + index)
        channels = model.config.in_channels
        inputs = {
            "sample": torch.randn(2, channels, 8, 8),
            "timesteps": torch.tensor([7, 981]),
            "encoder_hidden_states": torch.randn(2, LENGTH, 32),
        }

        def run(dtype, model=model, inputs=inputs):
            twin = in_dtype(model, dtype)
            with torch.no_grad():
                sinusoid = twin.time_proj(inputs["timesteps"]).to(dtype)
                return {
                    "time_proj": sinusoid,
                    "time_embedding": twin.time_embedding(sinusoid),
                    "output": twin(
                        inputs["sample"].to(dtype),
                        inputs["timesteps"],
                        inputs["encoder_hidden_states"].to(dtype),
                    ).sample,
                }

        out |= prefixed(name, inputs | robust(f"unet.{name}", run, 1e-5))
    save("unet", out)
    shutil.rmtree(DATA / "tiny-unet-linear", ignore_errors=True)
    unet_linear().save_pretrained(DATA / "tiny-unet-linear")


def make_vae() -> None:
    seed(310)
    inputs = {"pixels": torch.rand(1, 3, 64, 64) * 2 - 1, "latents": torch.randn(1, 4, 8, 8)}

    def run(dtype):
        model = in_dtype(vae(), dtype)
        with torch.no_grad():
            posterior = model.encode(inputs["pixels"].to(dtype)).latent_dist
            decoded = model.decode(inputs["latents"].to(dtype)).sample
        return {
            "mean": posterior.mean,
            "logvar": posterior.logvar,
            "moments": posterior.parameters,
            "decoded": decoded,
        }

    save("vae", inputs | robust("vae", run, 1e-5))
