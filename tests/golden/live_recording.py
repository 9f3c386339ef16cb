"""Trains one of the cases that are not committed, and writes what went in and what came out.

    python live_recording.py CASE OUT

OUT gets recording.safetensors, recording.json (the layout of `selma train --record`) and expected.safetensors.
"""

import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import torch
from safetensors.torch import save_file

from common import seed
from recordings import BASE, LIVE, PROMPTS, build, drawn, notes_of, run


def main() -> None:
    name, out = sys.argv[1], Path(sys.argv[2])
    torch.set_num_threads(1)
    case = BASE | LIVE[name]
    seed(2000)
    data = drawn(case["steps"], case["batch"])
    prompts = (PROMPTS * 2)[: case["batch"]]
    parts, names = build(case)
    found = {c: dict(parts[c].named_parameters()) for c, _ in names.values()}
    start = {f"init.{key}": found[c][n].detach().clone().contiguous() for key, (c, n) in names.items()}
    out.mkdir(parents=True, exist_ok=True)
    save_file(start | data, out / "recording.safetensors")
    result = run(case, data | {"prompts": prompts}, torch.float32)
    save_file({k: v.contiguous() for k, v in result.items()}, out / "expected.safetensors")
    (out / "recording.json").write_text(json.dumps(notes_of(case, prompts)))


if __name__ == "__main__":
    main()
