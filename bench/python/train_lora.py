"""Times one LoRA training step of a diffusers folder's UNet in PyTorch with peft, as the yardstick for ours.

    python bench/python/train_lora.py --base DIR --rank 128 --batch 4 --steps 10 --threads 2

A step: fp32 forward, mean squared error on epsilon, backward, AdamW over the LoRA factors. Latents, noise,
timesteps and text states are random and drawn beforehand. Prints one JSON object; eager.ms and compiled.ms
are medians over the timed steps. torch.compile runs in a process of its own and is given up after --compile-limit
seconds, compiling included.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True, help="folder with unet/")
    parser.add_argument("--rank", type=int, default=128)
    parser.add_argument("--alpha", type=float, help="default: the rank")
    parser.add_argument("--targets", default="to_q,to_k,to_v,to_out.0")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--size", type=int, help="latent height and width; default: the config's sample_size")
    parser.add_argument("--tokens", type=int, default=77, help="text states an example")
    parser.add_argument("--steps", type=int, default=10, help="timed steps")
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--threads", type=int, help="default: PyTorch's choice")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--compile-limit", type=float, default=120.0, help="seconds")
    parser.add_argument("--only-compiled", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.batch < 1 or args.steps < 1 or args.rank < 1 or args.warmup < 0:
        parser.error("--batch, --steps and --rank must be at least 1, --warmup at least 0")
    if not (args.base / "unet" / "config.json").is_file():
        parser.error(f"no unet/config.json in {args.base}; give a folder in diffusers layout")
    return args


def measure(args: argparse.Namespace, compiled: bool) -> dict:
    import torch
    import torch.nn.functional as F
    from diffusers import DDPMScheduler, UNet2DConditionModel
    from peft import LoraConfig

    if args.threads:
        torch.set_num_threads(args.threads)
    # Plain fp32 on a GPU too: TF32 would not be the same arithmetic.
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.manual_seed(0)
    unet = UNet2DConditionModel.from_pretrained(args.base / "unet", torch_dtype=torch.float32)
    unet.requires_grad_(False)
    config = LoraConfig(
        r=args.rank,
        lora_alpha=args.rank if args.alpha is None else args.alpha,
        target_modules=args.targets.split(","),
        init_lora_weights="gaussian",
    )
    unet.add_adapter(config)
    unet.to(args.device).train()
    trainable = [p for p in unet.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=3e-4, betas=(0.9, 0.999), weight_decay=1e-2, eps=1e-8)
    scheduler = DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    size = args.size or unet.config.sample_size
    shape = (args.batch, unet.config.in_channels, size, size)
    noise = torch.randn(shape, device=args.device)
    timesteps = torch.randint(0, 1000, (args.batch,), device=args.device)
    noisy = scheduler.add_noise(torch.randn(shape, device=args.device), noise, timesteps)
    text = torch.randn(args.batch, args.tokens, unet.config.cross_attention_dim, device=args.device)
    model = torch.compile(unet) if compiled else unet

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        loss = F.mse_loss(model(noisy, timesteps, text, return_dict=False)[0], noise)
        loss.backward()
        optimizer.step()
        # Reading the loss also waits for the GPU.
        return loss.item()

    losses = [step() for _ in range(args.warmup)]
    times = []
    for _ in range(args.steps):
        start = time.perf_counter()
        losses.append(step())
        times.append((time.perf_counter() - start) * 1000)
    return {
        "ms": statistics.median(times),
        "ms_min": min(times),
        "ms_max": max(times),
        "times": times,
        "first_loss": losses[0],
        "last_loss": losses[-1],
        "trainable_parameters": sum(p.numel() for p in trainable),
        "parameters": sum(p.numel() for p in unet.parameters()),
        "size": size,
        "threads": torch.get_num_threads(),
    }


def measure_compiled(args: argparse.Namespace) -> dict:
    command = [sys.executable, __file__, *sys.argv[1:], "--only-compiled"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=args.compile_limit)
    except subprocess.TimeoutExpired:
        return {"ms": None, "reason": f"not done in {args.compile_limit:g} s"}
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        return {"ms": None, "reason": lines[-1][:300]}
    return json.loads(done.stdout)


def main() -> None:
    args = arguments()
    os.environ["HF_HUB_OFFLINE"] = "1"
    # Cores that something else uses make two threads ten times slower: above about 0.5, measure again.
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    if args.only_compiled:
        print(json.dumps(measure(args, compiled=True)))
        return
    report = {
        "what": "one LoRA training step, fp32",
        "eager": measure(args, compiled=False),
        "compiled": None if args.no_compile else measure_compiled(args),
        "batch": args.batch,
        "rank": args.rank,
        "alpha": args.rank if args.alpha is None else args.alpha,
        "targets": args.targets.split(","),
        "tokens": args.tokens,
        "timed_steps": args.steps,
        "warmup": args.warmup,
        "device": args.device,
        "machine": platform.machine(),
        "load_before": load,
        "versions": {name: version(name) for name in ("torch", "diffusers", "peft")},
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
