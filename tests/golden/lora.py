"""LoRA on the tiny UNet with peft: gradients of one step, twenty AdamW steps, and both file formats."""

import json
import shutil

import torch
import torch.nn.functional as F
from diffusers import DDPMScheduler, StableDiffusionPipeline
from diffusers.utils import convert_state_dict_to_diffusers
from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
from peft.utils import get_peft_model_state_dict

from common import DATA, in_dtype, robust, save, save_json, seed
from models import text_encoder, token_ids, unet
from schedulers import SD

TARGETS = ["to_q", "to_k", "to_v", "to_out.0"]
RANK, ALPHA, STEPS = 4, 8, 20
OPTIMIZER = dict(lr=3e-3, betas=(0.9, 0.999), weight_decay=1e-2, eps=1e-8)


def lora_config() -> LoraConfig:
    return LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=TARGETS, init_lora_weights="gaussian")


def unet_with_lora():
    """B is drawn too: at B = 0 the gradient of A would be zero."""
    model = unet()
    seed(610)
    model.add_adapter(lora_config())
    generator = torch.Generator().manual_seed(611)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if "lora_" in name:
                scale = 0.2 if "lora_A" in name else 0.1
                parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))
    return model


def batches() -> dict[str, torch.Tensor]:
    seed(620)
    ids = token_ids(621, STEPS * 2)
    with torch.no_grad():
        # Eight of the 24 positions: a UNet takes any number, and the file stays small.
        text = text_encoder()(ids)[0][:, :8].reshape(STEPS, 2, 8, 32)
    return {
        "latents": torch.randn(STEPS, 2, 4, 8, 8),
        "noise": torch.randn(STEPS, 2, 4, 8, 8),
        "timesteps": torch.randint(0, 1000, (STEPS, 2)),
        "text": text,
    }


def lora_parameters(model) -> dict[str, torch.nn.Parameter]:
    """By the name in a diffusers LoRA file, less its `unet.`: `….to_q.lora_A.weight`."""
    return {
        name.replace(".default.", "."): parameter
        for name, parameter in model.named_parameters()
        if "lora_" in name
    }


def loss_of(model, scheduler, data, step: int, prediction: str) -> torch.Tensor:
    dtype = model.dtype
    latents, noise, text = (data[k][step].to(dtype) for k in ("latents", "noise", "text"))
    timesteps = data["timesteps"][step]
    noisy = scheduler.add_noise(latents, noise, timesteps)
    target = noise if prediction == "epsilon" else scheduler.get_velocity(latents, noise, timesteps)
    return F.mse_loss(model(noisy, timesteps, text).sample, target)


def train(data, prediction: str, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    # A fresh scheduler a run: add_noise casts its float32 table to the sample's dtype and keeps it so.
    scheduler = DDPMScheduler(**SD)
    model = in_dtype(unet_with_lora(), dtype)
    parameters = lora_parameters(model)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    for parameter in parameters.values():
        parameter.requires_grad_(True)
    optimizer = torch.optim.AdamW(list(parameters.values()), **OPTIMIZER)
    out, losses, norms = {}, [], []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model, scheduler, data, step, prediction)
        loss.backward()
        if step == 0:
            out["first.loss"] = loss.detach()
            out |= {f"first.grad.{k}": p.grad.clone() for k, p in parameters.items()}
        norms.append(torch.nn.utils.clip_grad_norm_(list(parameters.values()), 1.0).detach())
        optimizer.step()
        losses.append(loss.detach())
    out["losses"], out["grad_norms"] = torch.stack(losses), torch.stack(norms)
    return out | {f"final.weights.{k}": p.detach() for k, p in parameters.items()}


def write_formats(data, final: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The trained LoRA as diffusers and as PEFT folder, and the output of the UNet that carries it.

    diffusers' files spell the factors in two ways: `lora_A`/`lora_B` (lora-initial) and, after
    convert_state_dict_to_diffusers as in its training scripts, `lora.down`/`lora.up` (lora-final).
    """
    model = unet_with_lora()
    set_peft_model_state_dict(model, {k: v.float() for k, v in final.items()})
    started = get_peft_model_state_dict(unet_with_lora())
    trained = convert_state_dict_to_diffusers(get_peft_model_state_dict(model))
    for folder, layers in (("lora-initial", started), ("lora-final", trained)):
        shutil.rmtree(DATA / folder, ignore_errors=True)
        # PEFT keeps the targets in a set: sorted, so that the file is the same each time.
        metadata = lora_config().to_dict() | {"target_modules": sorted(TARGETS)}
        StableDiffusionPipeline.save_lora_weights(
            DATA / folder, unet_lora_layers=layers, unet_lora_adapter_metadata=metadata
        )
    wrapped = get_peft_model(unet(), lora_config())
    set_peft_model_state_dict(wrapped, {f"base_model.model.{k}": v.float() for k, v in final.items()})
    shutil.rmtree(DATA / "lora-peft", ignore_errors=True)
    wrapped.save_pretrained(DATA / "lora-peft")
    (DATA / "lora-peft" / "README.md").unlink(missing_ok=True)
    settings = json.loads((DATA / "lora-peft" / "adapter_config.json").read_text())
    save_json("lora-peft/adapter_config", settings | {"target_modules": sorted(TARGETS)})
    with torch.no_grad():
        args = data["latents"][0], data["timesteps"][0], data["text"][0]
        plain, carried, peft = unet()(*args).sample, model(*args).sample, wrapped(*args).sample
    assert torch.allclose(carried, peft, atol=1e-6) and not torch.allclose(carried, plain, atol=1e-2)
    return {"formats.output": carried, "formats.base_output": plain}


def make_lora() -> None:
    data = batches()
    out = {f"batch.{k}": v for k, v in data.items()}
    for prediction in ("epsilon", "v_prediction"):
        result = robust(f"lora.{prediction}", lambda dtype: train(data, prediction, dtype), 1e-3)
        out |= {f"{prediction}.{k}": v for k, v in result.items()}
    head = "epsilon.final.weights."
    final = {k.removeprefix(head): v for k, v in out.items() if k.startswith(head)}
    out |= write_formats(data, final)
    save("lora", out)
    save_json(
        "lora",
        {
            "rank": RANK,
            "alpha": ALPHA,
            "targets": TARGETS,
            "steps": STEPS,
            "optimizer": "AdamW",
            **OPTIMIZER,
            "max_grad_norm": 1.0,
            "scheduler": "DDPMScheduler",
            "scheduler_config": SD,
            "loss": "mean squared error over all elements",
        },
    )
