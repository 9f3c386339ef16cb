"""What every golden section needs: seeds, weights that are nowhere degenerate, and saving.

Not a library: only the scripts of this folder import it.
"""

import copy
import json
import math
from pathlib import Path

import torch
from safetensors.torch import save_file

DATA = Path(__file__).parent / "data"

# What was compared while making the vectors: section -> {"worst", "tensor"}; ends up in meta.json.
AGREEMENT: dict[str, dict] = {}


def seed(value: int) -> None:
    torch.manual_seed(value)


def randomise(model: torch.nn.Module, value: int, gain: float = 1.0) -> torch.nn.Module:
    """Draws every parameter anew, zero-initialised and norm parameters included.

    Matrices and kernels: normal with deviation gain/sqrt(fan_in). Embeddings: deviation 0.5.
    Norm weights: 1 + 0.2 n. Biases: 0.1 n. Names are visited in sorted order, so that the draw
    does not depend on the order in which a library registers its modules.
    """
    generator = torch.Generator().manual_seed(value)
    norms = {
        name
        for name, module in model.named_modules()
        if isinstance(module, (torch.nn.GroupNorm, torch.nn.LayerNorm))
    }
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            owner, _, kind = name.rpartition(".")
            if kind == "bias":
                parameter.copy_(0.1 * noise)
            elif owner in norms:
                parameter.copy_(1 + 0.2 * noise)
            elif "embedding.weight" in name:
                parameter.copy_(0.5 * noise)
            else:
                fan_in = math.prod(parameter.shape[1:])
                parameter.copy_(noise * gain / math.sqrt(fan_in))
    return model.eval()


def in_dtype(model: torch.nn.Module, dtype: torch.dtype) -> torch.nn.Module:
    return copy.deepcopy(model).to(dtype)


def relative(a: torch.Tensor, b: torch.Tensor) -> float:
    """||a-b|| / ||b||, or the absolute difference where ||b|| < 1e-6 (the project's measure)."""
    a, b = a.double(), b.double()
    norm = b.norm().item()
    difference = (a - b).norm().item()
    return difference / norm if norm >= 1e-6 else difference


def robust(section: str, make, limit: float = 1e-4) -> dict[str, torch.Tensor]:
    """make(dtype) -> tensors. Runs it in float32 and float64, and keeps the float64 results as F32.

    Fails where float32 is further than `limit` from float64: such a vector could not tell an error
    from rounding. Integer tensors must agree exactly.
    """
    single, double = make(torch.float32), make(torch.float64)
    assert single.keys() == double.keys()
    errors = {}
    for key, value in double.items():
        assert torch.isfinite(value).all(), f"{section} {key} is not finite"
        errors[key] = relative(single[key], value)
    worst = max(errors, key=errors.get)
    AGREEMENT[section] = {"worst": errors[worst], "tensor": worst}
    print(f"{section}: float32 against float64 {errors[worst]:.2e} at {worst}")
    assert errors[worst] <= limit, f"{section} {worst}: {errors[worst]:.2e} > {limit}"
    return {k: v if not v.is_floating_point() else v.float() for k, v in double.items()}


def save(name: str, tensors: dict[str, torch.Tensor]) -> None:
    """Writes data/<name>.safetensors."""
    clean = {k: v.detach().clone().contiguous() for k, v in sorted(tensors.items())}
    save_file(clean, DATA / f"{name}.safetensors")


def save_json(name: str, value) -> None:
    (DATA / f"{name}.json").write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")


def prefixed(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {f"{prefix}.{k}": v for k, v in tensors.items()}
