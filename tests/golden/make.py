"""Makes everything in tests/golden/data. Run: python tests/golden/make.py [section …]; see README.md."""

import os

# Before torch: the vectors are of the CPU, whatever this machine has.
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["HF_HUB_OFFLINE"] = "1"

import platform
import sys
from importlib.metadata import version

import diffusers
import torch
import transformers

from common import AGREEMENT, DATA, save_json
from family_vectors import make_families
from lora import make_lora
from models import make_clip, make_unet, make_vae
from ops import make_ops
from optimizers import make_optimizers
from pipeline import make_pipeline
from resnet import make_resnet
from recordings import make_recordings
from schedulers import make_schedulers
from training import make_training, make_vae_training

SECTIONS = {
    "clip": make_clip,
    "unet": make_unet,
    "vae": make_vae,
    "resnet": make_resnet,
    "schedulers": make_schedulers,
    "pipeline": make_pipeline,
    "families": make_families,
    "lora": make_lora,
    "recordings": make_recordings,
    "ops": make_ops,
    "optimizers": make_optimizers,
    "vae-training": make_vae_training,
    "training": make_training,
}
PACKAGES = ("torch", "diffusers", "transformers", "peft", "accelerate", "safetensors", "numpy", "scipy")


def main() -> None:
    chosen = sys.argv[1:] or list(SECTIONS)
    unknown = [name for name in chosen if name not in SECTIONS]
    if unknown:
        raise SystemExit(f"unknown section {unknown[0]!r}; choose from {', '.join(SECTIONS)}")
    torch.set_num_threads(1)
    diffusers.utils.logging.set_verbosity_error()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.use_deterministic_algorithms(True)
    DATA.mkdir(exist_ok=True)
    for name in chosen:
        SECTIONS[name]()
    if chosen == list(SECTIONS):
        versions = {name: version(name) for name in PACKAGES} | {"python": platform.python_version()}
        save_json("meta", {"versions": versions, "float32_against_float64": AGREEMENT})
    size = sum(file.stat().st_size for file in DATA.rglob("*") if file.is_file())
    print(f"{size / 1e6:.2f} MB in data/")


if __name__ == "__main__":
    main()
