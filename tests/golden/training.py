"""Full-parameter gradients: the VAE's reconstruction loss, and one training step of UNet and text encoder."""

import torch
import torch.nn.functional as F
from diffusers import DDPMScheduler

from common import in_dtype, prefixed, robust, save, seed
from models import text_encoder, token_ids, unet, unet_linear, vae
from schedulers import SD

KL_WEIGHT = 1e-6


def gradients(prefix: str, model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {f"{prefix}.{name}": parameter.grad for name, parameter in model.named_parameters()}


def make_vae_training() -> None:
    """loss = mean squared error + 1e-6 * KL, KL summed over an example and averaged over the batch."""
    seed(910)
    inputs = {"pixels": torch.rand(2, 3, 32, 32) * 2 - 1, "posterior_noise": torch.randn(2, 4, 4, 4)}

    def run(dtype):
        model = in_dtype(vae(), dtype)
        pixels = inputs["pixels"].to(dtype)
        posterior = model.encode(pixels).latent_dist
        latents = posterior.mean + posterior.std * inputs["posterior_noise"].to(dtype)
        reconstruction = model.decode(latents).sample
        mse, kl = F.mse_loss(reconstruction, pixels), posterior.kl().mean()
        loss = mse + KL_WEIGHT * kl
        loss.backward()
        values = {"latents": latents, "reconstruction": reconstruction, "mse": mse, "kl": kl, "loss": loss}
        return {k: v.detach() for k, v in values.items()} | gradients("grad", model)

    save("vae-training", inputs | robust("vae-training", run))


def make_training() -> None:
    """pixels -> frozen VAE -> posterior sample * scaling factor -> noise -> UNet; ids -> text encoder."""
    seed(920)
    inputs = {
        "pixels": torch.rand(2, 3, 64, 64) * 2 - 1,
        "posterior_noise": torch.randn(2, 4, 8, 8),
        "noise": torch.randn(2, 4, 8, 8),
        "timesteps": torch.tensor([123, 870]),
        "ids": token_ids(921, 2),
    }

    def run(dtype):
        scheduler = DDPMScheduler(**SD)
        coder, encoder, model = (in_dtype(m, dtype) for m in (vae(), text_encoder(), unet()))
        noise, timesteps = inputs["noise"].to(dtype), inputs["timesteps"]
        with torch.no_grad():
            posterior = coder.encode(inputs["pixels"].to(dtype)).latent_dist
            latents = posterior.mean + posterior.std * inputs["posterior_noise"].to(dtype)
            latents = latents * coder.config.scaling_factor
        text = encoder(inputs["ids"])[0]
        noisy = scheduler.add_noise(latents, noise, timesteps)
        prediction = model(noisy, timesteps, text).sample
        loss = F.mse_loss(prediction, noise)
        loss.backward()
        values = {"latents": latents, "noisy": noisy, "text": text, "prediction": prediction, "loss": loss}
        out = {k: v.detach() for k, v in values.items()}
        return out | gradients("grad.unet", model) | gradients("grad.text_encoder", encoder)

    save("training", inputs | robust("training", run))
    make_linear()


def make_linear() -> None:
    """The other UNet, shortened: of each gradient its norm and its product with a fixed direction.

    direction[i] = sin(0.7 i + 0.3) over the flattened tensor, i from 0, in float64.
    """
    seed(930)
    inputs = {
        "sample": torch.randn(2, 8, 8, 8),
        "timesteps": torch.tensor([45, 600]),
        "encoder_hidden_states": torch.randn(2, 24, 32),
        "target": torch.randn(2, 8, 8, 8),
    }

    def run(dtype):
        model = in_dtype(unet_linear(), dtype)
        sample = inputs["sample"].to(dtype, copy=True).requires_grad_(True)
        states = inputs["encoder_hidden_states"].to(dtype, copy=True).requires_grad_(True)
        loss = F.mse_loss(model(sample, inputs["timesteps"], states).sample, inputs["target"].to(dtype))
        loss.backward()
        out = {"loss": loss.detach(), "grad.sample": sample.grad, "grad.encoder_hidden_states": states.grad}
        return out | gradients("parameter", model)

    # Float32 is held against float64 on whole tensors: a summary would hide most of the difference.
    out = {}
    for name, value in robust("unet-linear-training", run, 2e-5).items():
        kept, _, parameter = name.partition("parameter.")
        out[f"summary.{parameter}" if parameter else kept] = summary(value) if parameter else value
    save("unet-linear-training", inputs | out)


def summary(gradient: torch.Tensor) -> torch.Tensor:
    flat = gradient.double().flatten()
    direction = torch.sin(0.7 * torch.arange(flat.numel(), dtype=torch.float64) + 0.3)
    return torch.stack([flat.norm(), flat @ direction]).float()
