"""Times guided sampling by diffusers' StableDiffusionPipeline, as the yardstick for ours.

    python bench/python/sample.py --base DIR --batch 1 --steps 20 --guidance 7.5 --threads 2

One run makes --batch pictures, fp32, decoding included, from random noise and the scheduler of the folder.
Text states are computed once, outside the timing, from the prompt, or from random ids where the folder has no
tokenizer. Prints one JSON object; seconds_per_picture is the median over the timed runs, divided by the batch.
"""

import argparse
import json
import os
import platform
import statistics
import time
from importlib.metadata import version
from pathlib import Path


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True, help="a pipeline in diffusers layout")
    parser.add_argument("--prompt", default="three red squares")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=7.5)
    parser.add_argument("--runs", type=int, default=3, help="timed runs")
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--threads", type=int, help="default: PyTorch's choice")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    args = parser.parse_args()
    if args.batch < 1 or args.runs < 1 or args.steps < 1 or args.warmup < 0:
        parser.error("--batch, --runs and --steps must be at least 1, --warmup at least 0")
    if not (args.base / "model_index.json").is_file():
        parser.error(f"no model_index.json in {args.base}; give a pipeline in diffusers layout")
    return args


def text_states(pipe, text: str, rows: int):
    import torch

    encoder = pipe.text_encoder
    if pipe.tokenizer is None:
        config = encoder.config
        ids = torch.randint(0, config.vocab_size, (rows, config.max_position_embeddings))
    else:
        length = pipe.tokenizer.model_max_length
        ids = pipe.tokenizer(
            [text] * rows, padding="max_length", max_length=length, truncation=True, return_tensors="pt"
        ).input_ids
    return encoder(ids.to(encoder.device))[0]


def main() -> None:
    args = arguments()
    os.environ["HF_HUB_OFFLINE"] = "1"
    # Cores that something else uses make two threads ten times slower: above about 0.5, measure again.
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    import torch
    from diffusers import StableDiffusionPipeline

    if args.threads:
        torch.set_num_threads(args.threads)
    # Plain fp32 on a GPU too: TF32 would not be the same arithmetic.
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.manual_seed(0)
    named = json.loads((args.base / "model_index.json").read_text()).get("tokenizer", [None, None])
    absent = {} if named[0] else {"tokenizer": None}
    pipe = StableDiffusionPipeline.from_pretrained(
        args.base, safety_checker=None, requires_safety_checker=False, torch_dtype=torch.float32, **absent
    ).to(args.device)
    pipe.set_progress_bar_config(disable=True)
    size = pipe.unet.config.sample_size
    noise = torch.randn(args.batch, pipe.unet.config.in_channels, size, size, device=args.device)
    with torch.no_grad():
        wanted, unwanted = (text_states(pipe, text, args.batch) for text in (args.prompt, ""))

    def run() -> float:
        start = time.perf_counter()
        pipe(
            prompt_embeds=wanted,
            negative_prompt_embeds=unwanted,
            latents=noise,
            num_inference_steps=args.steps,
            guidance_scale=args.guidance,
            height=size * pipe.vae_scale_factor,
            width=size * pipe.vae_scale_factor,
            # Pictures as arrays in memory: the copy also waits for the GPU.
            output_type="np",
        )
        return time.perf_counter() - start

    for _ in range(args.warmup):
        run()
    times = [run() for _ in range(args.runs)]
    report = {
        "what": "guided sampling with decoding, fp32",
        "seconds_per_picture": statistics.median(times) / args.batch,
        "seconds_per_run": times,
        "batch": args.batch,
        "steps": args.steps,
        "guidance": args.guidance,
        "scheduler": type(pipe.scheduler).__name__,
        "picture_size": size * pipe.vae_scale_factor,
        "threads": torch.get_num_threads(),
        "device": args.device,
        "machine": platform.machine(),
        "load_before": load,
        "versions": {name: version(name) for name in ("torch", "diffusers", "transformers")},
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
