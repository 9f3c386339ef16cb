"""Each op alone, in float64: inputs that float32 can hold, an upstream gradient, output, input gradients."""

import torch

from common import save, save_json
from op_cases import cases


def make_ops() -> None:
    out, described = {}, {}
    for index, (name, op, attributes, inputs, fn) in enumerate(cases()):
        assert name not in described, name
        generator = torch.Generator().manual_seed(7000 + index)
        values = [draw(generator) for draw in inputs]
        floating = [i for i, v in enumerate(values) if v.is_floating_point()]
        for i in floating:
            values[i] = values[i].float().double().requires_grad_(True)
        result = fn(*values)
        outputs = list(result) if isinstance(result, (tuple, list)) else [result]
        upstream = [torch.randn(o.shape, generator=generator).double() for o in outputs]
        grads = torch.autograd.grad(outputs, [values[i] for i in floating], upstream)
        single = len(outputs) == 1
        tensors = {f"in{i}": v for i, v in enumerate(values)}
        tensors |= {("out" if single else f"out{i}"): o for i, o in enumerate(outputs)}
        tensors |= {("grad_out" if single else f"grad_out{i}"): g for i, g in enumerate(upstream)}
        tensors |= {f"grad{i}": g for i, g in zip(floating, grads)}
        for key, value in tensors.items():
            assert torch.isfinite(value).all(), f"{name}.{key}"
            out[f"{name}.{key}"] = value
        described[name] = {
            "op": op,
            "attributes": attributes,
            "inputs": [list(v.shape) for v in values],
            "outputs": [list(o.shape) for o in outputs],
            "differentiable": floating,
        }
    save("ops", out)
    save_json("ops", described)
    print(f"ops: {len(described)} cases")
