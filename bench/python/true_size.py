"""Times a UNet of true size in PyTorch, by phase, with its peak memory, as the yardstick for ours.

    python bench/python/true_size.py train  --base DIR --rank 128 --threads 2 --repeats 3
    python bench/python/true_size.py sample --base DIR --threads 2 --repeats 3

train: LoRA of that rank on all attention projections (peft), AdamW. sample: one guided step.
Latents, noise and text states are random. Prints one JSON object: seconds of each phase, bytes of resident memory.
"""

import argparse
import json
import os
import re
import threading
import time
from importlib.metadata import version
from pathlib import Path


def status(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024


class Memory:
    """Highest anonymous and mapped memory, sampled; the kernel itself marks the highest of both together."""

    def __init__(self) -> None:
        self.anonymous = self.mapped = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self) -> None:
        while not self.ended.wait(0.02):
            self.anonymous = max(self.anonymous, status("RssAnon"))
            self.mapped = max(self.mapped, status("RssFile"))

    def report(self) -> dict:
        self.ended.set()
        self.thread.join()
        return {"peak": status("VmHWM"), "anonymous": self.anonymous, "mapped": self.mapped}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phase", choices=("train", "sample"))
    parser.add_argument("--base", type=Path, required=True, help="folder with unet/")
    parser.add_argument("--rank", type=int, default=128)
    parser.add_argument("--size", type=int, help="latent height and width; default: the config's sample_size")
    parser.add_argument("--batch", type=int, default=1, help="pictures; sampling takes two rows for each")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int)
    return parser.parse_args()


def matmul_speed(torch) -> float:
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
    best = float("inf")
    for _ in range(20):
        start = time.perf_counter()
        torch.mm(a, b)
        best = min(best, time.perf_counter() - start)
    return 2 * 1024**3 / best / 1e9


def main() -> None:
    args = arguments()
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    import torch.nn.functional as F
    from diffusers import UNet2DConditionModel
    from peft import LoraConfig

    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    memory = Memory()
    start = time.perf_counter()
    unet = UNet2DConditionModel.from_pretrained(args.base / "unet", torch_dtype=torch.float32)
    config = unet.config
    size = args.size or config.sample_size
    rows = args.batch if args.phase == "train" else 2 * args.batch
    sample = torch.randn(rows, config.in_channels, size, size)
    text = torch.randn(rows, 77, config.cross_attention_dim)
    added = None
    if config.addition_embed_type == "text_time":
        pooled = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim
        added = {"text_embeds": torch.randn(rows, pooled), "time_ids": torch.full((rows, 6), 1024.0)}
    timesteps = torch.full((rows,), 500)

    def predict():
        return unet(sample, timesteps, text, added_cond_kwargs=added, return_dict=False)[0]

    if args.phase == "train":
        unet.requires_grad_(False)
        targets = ["to_q", "to_k", "to_v", "to_out.0"]
        unet.add_adapter(LoraConfig(r=args.rank, lora_alpha=args.rank, target_modules=targets))
        unet.train()
        trainable = [p for p in unet.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(trainable, lr=3e-4)
        target = torch.randn_like(sample)

        def run() -> None:
            optimizer.zero_grad(set_to_none=True)
            F.mse_loss(predict(), target).backward()
            torch.nn.utils.clip_grad_norm_(trainable, 1.0)
            optimizer.step()
    else:

        def run() -> None:
            with torch.no_grad():
                wanted, unwanted = predict().chunk(2)
                (unwanted + 7.5 * (wanted - unwanted)).sum().item()

    made = time.perf_counter() - start
    seconds = []
    for _ in range(args.repeats + 1):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    report = {
        "made": made,
        "first": seconds[0],
        "warm": seconds[1:],
        "memory": memory.report(),
        "matmul": matmul_speed(torch),
        "threads": torch.get_num_threads(),
        "versions": {name: version(name) for name in ("torch", "diffusers", "peft")},
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
