"""Recorded training runs by PyTorch, diffusers and peft, one for every switch of LoRA training: what went in
(recording.safetensors and recording.json, the layout of `selma train --record`) and what came out (expected).

All but the first are trained on the same numbers (`shared`): their recording lacks latents, noise and timesteps.
Pictures are 128x128: at 64x64 the lowest level is one pixel, where norms over two numbers amplify rounding.
"""

import json
import math
import shutil

import torch
import torch.nn.functional as F
from diffusers import DDPMScheduler
from diffusers.training_utils import EMAModel, compute_snr
from lion_pytorch import Lion
from peft import LoraConfig
from prodigyopt import Prodigy
from safetensors.torch import save_file

from common import DATA, in_dtype, robust, seed
from families import SCALED, models, tokenizers

FOLDER = DATA / "recordings"
PROMPTS = ["two red squares", "a blue ring and three crosses"]
TEXT_TARGETS = ["q_proj", "k_proj", "v_proj", "out_proj"]
SIZE = 128
SHARED_STEPS, SHARED_BATCH = 4, 4
SD15 = dict(family="sd15", steps=SHARED_STEPS, targets=["attn2.to_q", "attn1.to_v"])
# `train`: the switches by the names that the replaying side has for them.
CASES = {
    "sd15": dict(family="sd15", steps=20, targets=["to_q", "to_k", "to_v", "to_out.0"], rank=4, alpha=8),
    "sd21-v": dict(family="sd21-v", steps=SHARED_STEPS, targets=["to_q", "attn2.to_out.0"]),
    "sdxl": dict(family="sdxl", steps=SHARED_STEPS, targets=["to_k", "attn2.to_out.0"]),
    "snr": SD15 | dict(train=dict(snrGamma=5)),
    "snr-v": SD15 | dict(family="sd21-v", train=dict(snrGamma=2)),
    "v-of-epsilon": SD15 | dict(train=dict(predictionType="v_prediction")),
    "huber": SD15 | dict(train=dict(lossType="huber")),
    "huber-constant": SD15 | dict(train=dict(lossType="huber", huberSchedule="constant", huberC=0.3)),
    "smooth-l1": SD15 | dict(train=dict(lossType="smooth_l1", huberSchedule="exponential", snrGamma=5)),
    "rslora": SD15 | dict(rank=4, alpha=6, train=dict(useRslora=True, rankPattern={"mid_block.*to_q": 2})),
    "dora": SD15 | dict(targets=["to_k", "proj_out", "conv2"], train=dict(useDora=True)),
    "conv": SD15 | dict(targets=["conv1", "conv_shortcut", "conv", "time_emb_proj"]),
    "text-encoder": SD15 | dict(train=dict(trainTextEncoder=True)),
    "accumulate": SD15 | dict(batch=4, train=dict(batch=2, gradientAccumulationSteps=2)),
    "ema": SD15 | dict(train=dict(useEma=True, emaDecay=0.6)),
    "lion": SD15 | dict(lr=1e-3, train=dict(optimizer="lion", betas=[0.9, 0.99], weightDecay=0.1)),
    "prodigy": SD15 | dict(lr=1.0, train=dict(optimizer="prodigy", prodigyD0=1e-3, weightDecay=0)),
}
# Not committed: run live by live_recording.py.
LIVE = {
    "sdxl-text": dict(family="sdxl", steps=SHARED_STEPS, targets=["to_q", "to_v"], train=dict(trainTextEncoder=True)),
    "sdxl-dora": dict(
        family="sdxl", steps=SHARED_STEPS, targets=["attn2.to_k", "ff.net.2"], train=dict(trainTextEncoder=True, useDora=True)
    ),
}
BASE = dict(rank=2, alpha=4, batch=2, lr=3e-3, train={})


def lora_config(case: dict, targets: list[str]) -> LoraConfig:
    train = case["train"]
    return LoraConfig(
        r=case["rank"],
        lora_alpha=case["alpha"],
        target_modules=targets,
        rank_pattern=train.get("rankPattern", {}),
        use_rslora=train.get("useRslora", False),
        use_dora=train.get("useDora", False),
    )


def key_of(component: str, name: str) -> str:
    """PEFT's key. The text encoder's always have `text_model.`, as its published weights."""
    name = name.replace(".default", "").replace("lora_magnitude_vector.weight", "lora_magnitude_vector")
    if component != "unet":
        name = f"{component}." + (name if name.startswith("text_model.") else f"text_model.{name}")
    return f"base_model.model.{name}"


def is_unread(family: str, component: str, name: str, model) -> bool:
    """Stable Diffusion XL takes its first encoder's states before the last layer: no gradient comes there."""
    last = f"layers.{model.config.num_hidden_layers - 1}." if component != "unet" else ""
    return family == "sdxl" and component == "text_encoder" and last in name


def build(case: dict):
    """Networks with adapters whose numbers are drawn: at B = 0 the gradient of A would be zero."""
    parts = models(case["family"])
    trained = {"unet": case["targets"]}
    if case["train"].get("trainTextEncoder"):
        trained |= {name: TEXT_TARGETS for name in ("text_encoder", "text_encoder_2") if name in parts}
    generator = torch.Generator().manual_seed(1010)
    parameters = {}
    for component, targets in trained.items():
        parts[component].requires_grad_(False)
        parts[component].add_adapter(lora_config(case, targets))
        for name, parameter in sorted(parts[component].named_parameters()):
            if "lora_" not in name or is_unread(case["family"], component, name, parts[component]):
                continue
            noise = torch.randn(parameter.shape, generator=generator)
            with torch.no_grad():
                if "magnitude" in name:
                    parameter.mul_(1 + 0.1 * noise)
                else:
                    parameter.copy_((0.2 if "lora_A" in name else 0.1) * noise)
            parameters[key_of(component, name)] = (component, name)
    return parts, parameters


def condition(parts: dict, prompts: list[str], family: str) -> tuple[torch.Tensor, dict]:
    """What the UNet is told: text states, and for Stable Diffusion XL pooled text and sizes."""
    states, pooled = [], None
    for name, tokenizer in tokenizers(family).items():
        ids = tokenizer(prompts, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
        out = parts[name.replace("tokenizer", "text_encoder")](ids, output_hidden_states=True)
        if family == "sdxl":
            pooled = out[0]
            states.append(out.hidden_states[-2])
        else:
            states.append(out[0])
    if family != "sdxl":
        return states[0], {}
    sizes = torch.tensor([[SIZE, SIZE, 0.0, 0, SIZE, SIZE]]).repeat(len(prompts), 1)
    return torch.cat(states, -1), {"added_cond_kwargs": {"text_embeds": pooled, "time_ids": sizes}}


def loss_of(prediction, target, scheduler, timesteps, train: dict) -> torch.Tensor:
    """diffusers' train_text_to_image_lora.py, and the Huber forms of its scheduled_huber_loss_training."""
    kind = train.get("lossType", "l2")
    if kind == "l2":
        loss = F.mse_loss(prediction, target, reduction="none")
    else:
        c0 = train.get("huberC", 0.1)
        schedule = train.get("huberSchedule", "snr")
        alphas = scheduler.alphas_cumprod.double()[timesteps]
        sigmas = ((1 - alphas) / alphas) ** 0.5
        c = {
            "constant": torch.full_like(sigmas, c0),
            "exponential": torch.exp(math.log(c0) / scheduler.config.num_train_timesteps * timesteps),
            "snr": (1 - c0) / (1 + sigmas) ** 2 + c0,
        }[schedule]
        c = c.to(prediction.dtype).view(-1, 1, 1, 1)
        loss = 2 * (torch.sqrt((prediction - target) ** 2 + c**2) - c)
        loss = loss * c if kind == "huber" else loss
    gamma = train.get("snrGamma")
    if gamma is None:
        return loss.mean()
    snr = compute_snr(scheduler, timesteps)
    weights = torch.minimum(snr, gamma * torch.ones_like(snr))
    weights = weights / (snr + 1 if scheduler.config.prediction_type == "v_prediction" else snr)
    return (loss.mean(dim=(1, 2, 3)) * weights.to(loss.dtype)).mean()


def optimizer_of(case: dict, parameters: list):
    train = case["train"]
    if train.get("optimizer") == "lion":
        return Lion(parameters, lr=case["lr"], betas=tuple(train["betas"]), weight_decay=train["weightDecay"])
    if train.get("optimizer") == "prodigy":
        return Prodigy(parameters, lr=case["lr"], d0=train["prodigyD0"])
    return torch.optim.AdamW(parameters, lr=case["lr"], betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2)


def run(case: dict, data: dict, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    parts, names = build(case)
    train = case["train"]
    original = parts["scheduler"].config.get("prediction_type", "epsilon")
    # A fresh one a run: add_noise casts its table to the sample's dtype and keeps it so.
    prediction_type = train.get("predictionType", original)
    scheduler = DDPMScheduler(**SCALED, prediction_type=prediction_type)
    parts = {k: in_dtype(v, dtype) if isinstance(v, torch.nn.Module) else v for k, v in parts.items()}
    found = {c: dict(parts[c].named_parameters()) for c, _ in names.values()}
    parameters = {key: found[c][name] for key, (c, name) in names.items()}
    for part in parts.values():
        if isinstance(part, torch.nn.Module):
            part.requires_grad_(False)
    for parameter in parameters.values():
        parameter.requires_grad_(True)
    chosen = list(parameters.values())
    optimizer = optimizer_of(case, chosen)
    ema = EMAModel(chosen, decay=train["emaDecay"]) if train.get("useEma") else None
    pieces = train.get("gradientAccumulationSteps", 1)
    losses, norms = [], []
    for step in range(case["steps"]):
        optimizer.zero_grad()
        total = torch.zeros((), dtype=dtype)
        for piece in torch.arange(case["batch"]).chunk(pieces):
            latents, noise = (data[k][step][piece].to(dtype) for k in ("latents", "noise"))
            timesteps = data["timesteps"][step][piece]
            text, added = condition(parts, [data["prompts"][i] for i in piece], case["family"])
            noisy = scheduler.add_noise(latents, noise, timesteps)
            epsilon = prediction_type == "epsilon"
            target = noise if epsilon else scheduler.get_velocity(latents, noise, timesteps)
            prediction = parts["unet"](noisy, timesteps, text, **added).sample
            loss = loss_of(prediction, target, scheduler, timesteps, train) / pieces
            loss.backward()
            total = total + loss.detach()
        norms.append(torch.nn.utils.clip_grad_norm_(chosen, 1.0).detach())
        optimizer.step()
        if ema:
            ema.step(chosen)
        losses.append(total)
    last = ema.shadow_params if ema else chosen
    out = {"losses": torch.stack(losses), "grad_norms": torch.stack(norms)}
    return out | {f"final.{key}": value.detach().clone() for key, value in zip(parameters, last)}


def drawn(steps: int, batch: int) -> dict[str, torch.Tensor]:
    shape = (steps, batch, 4, SIZE // 8, SIZE // 8)
    return {
        "latents": torch.randn(shape),
        "noise": torch.randn(shape),
        "timesteps": torch.randint(0, 1000, shape[:2]),
    }


def notes_of(case: dict, prompts: list[str]) -> dict:
    """recording.json."""
    notes = dict(
        prompts=prompts,
        rank=case["rank"],
        alpha=case["alpha"],
        targets=case["targets"],
        learningRate=case["lr"],
        betas=[0.9, 0.999],
        eps=1e-8,
        weightDecay=1e-2,
        maxGradNorm=1.0,
        width=SIZE,
        height=SIZE,
    )
    if case["train"]:
        copied = {k: notes[k] for k in ("rank", "alpha", "targets", "learningRate", "maxGradNorm")}
        plain = dict(schedule="constant", warmup=0, captionDropout=0, batch=case["batch"])
        notes["train"] = copied | plain | case["train"]
    return notes


def make_recordings() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    seed(999)
    shared = drawn(SHARED_STEPS, SHARED_BATCH)
    save_file(shared, FOLDER / "shared.safetensors")
    for number, (name, given) in enumerate(CASES.items()):
        case = BASE | given
        seed(1000 + number)
        own = name == "sd15"
        batch = case["batch"]
        data = drawn(case["steps"], batch) if own else {k: v[:, :batch] for k, v in shared.items()}
        parts, names = build(case)
        found = {c: dict(parts[c].named_parameters()) for c, _ in names.values()}
        start = {f"init.{key}": found[c][n].detach().clone().contiguous() for key, (c, n) in names.items()}
        folder = FOLDER / name
        folder.mkdir(parents=True)
        save_file(start | (data if own else {}), folder / "recording.safetensors")
        prompts = (PROMPTS * 2)[: case["batch"]]
        result = robust(f"recordings.{name}", lambda dtype: run(case, data | {"prompts": prompts}, dtype), 1e-3)
        save_file({k: v.contiguous() for k, v in result.items()}, folder / "expected.safetensors")
        notes = notes_of(case, prompts)
        (folder / "recording.json").write_text(json.dumps(notes, indent=1, sort_keys=True) + "\n")
