"""A ResNet block whose time embedding scales and shifts, as diffusers computes it: weights and all."""

import torch
from diffusers.models.resnet import ResnetBlock2D

from common import in_dtype, prefixed, randomise, robust, save, seed


def make_resnet() -> None:
    block = randomise(
        ResnetBlock2D(
            in_channels=8,
            out_channels=16,
            temb_channels=12,
            groups=4,
            eps=1e-5,
            time_embedding_norm="scale_shift",
        ),
        401,
    )
    seed(410)
    x, time = torch.randn(2, 8, 4, 6), torch.randn(2, 12)

    def run(dtype):
        with torch.no_grad():
            return {"output": in_dtype(block, dtype)(x.to(dtype), time.to(dtype))}

    # The UNet here gives silu(time), which the block of diffusers computes itself.
    inputs = {"x": x, "time": torch.nn.functional.silu(time)}
    save("resnet", inputs | prefixed("weights", block.state_dict()) | robust("resnet", run, 1e-5))
