"""The table of op cases: (name, op, attributes, input draws, function). Sizes are small on purpose.

Attributes follow ONNX: pads are [top, left, bottom, right], axes may be negative.
"""

import torch
import torch.nn.functional as F


def normal(*shape):
    return lambda g: torch.randn(shape, generator=g)


def positive(*shape):
    return lambda g: torch.rand(shape, generator=g) + 0.5


def whole(high, *shape):
    return lambda g: torch.randint(0, high, shape, generator=g)


def cases():
    yield from convolutions()
    yield from products()
    yield from normalisations()
    yield from attentions()
    yield from elementwise()
    yield from shapes()
    yield from reductions()


def convolutions():
    # name, kernel, stride, pads, height, width
    table = [
        ("k3s1p1", 3, 1, [1, 1, 1, 1], 5, 6),
        ("k3s1p0", 3, 1, [0, 0, 0, 0], 5, 6),
        ("k3s2p1", 3, 2, [1, 1, 1, 1], 6, 8),
        ("k3s2p1-odd", 3, 2, [1, 1, 1, 1], 5, 7),
        ("k3s2p0", 3, 2, [0, 0, 0, 0], 6, 7),
        # The VAE's downsampling: one row below, one column to the right, then no padding.
        ("k3s2-asymmetric", 3, 2, [0, 0, 1, 1], 6, 8),
        ("k1s1p0", 1, 1, [0, 0, 0, 0], 4, 5),
        ("k1s2p0", 1, 2, [0, 0, 0, 0], 5, 6),
    ]
    for name, kernel, stride, pads, height, width in table:
        top, left, bottom, right = pads

        def fn(x, w, b, stride=stride, sides=(left, right, top, bottom)):
            return F.conv2d(F.pad(x, sides), w, b, stride=stride)

        attributes = {"kernel": kernel, "stride": stride, "pads": pads, "bias": True}
        inputs = [normal(2, 3, height, width), normal(4, 3, kernel, kernel), normal(4)]
        yield f"conv.{name}", "conv", attributes, inputs, fn
    for name, kernel, stride, padding, extra in (("k4s2p1", 4, 2, 1, 0), ("k3s2p1", 3, 2, 1, 1), ("k3s1p1", 3, 1, 1, 0)):

        def fn(x, w, b, stride=stride, padding=padding, extra=extra):
            return F.conv_transpose2d(x, w, b, stride=stride, padding=padding, output_padding=extra)

        attributes = {"kernel": kernel, "stride": stride, "pads": [padding] * 4, "output_padding": extra, "bias": True}
        inputs = [normal(2, 3, 4, 5), normal(3, 2, kernel, kernel), normal(2)]
        yield f"conv_transpose.{name}", "conv_transpose", attributes, inputs, fn


def products():
    for name, a, b in (
        ("plain", (4, 5), (5, 3)),
        ("batched", (3, 4, 5), (3, 5, 2)),
        ("broadcast-right", (2, 3, 4, 5), (5, 6)),
        ("broadcast-left", (4, 5), (2, 5, 3)),
        ("broadcast-both", (2, 1, 4, 5), (3, 5, 2)),
    ):
        yield f"matmul.{name}", "matmul", {}, [normal(*a), normal(*b)], torch.matmul
    yield "linear.bias", "linear", {"bias": True}, [normal(2, 5, 6), normal(4, 6), normal(4)], F.linear
    yield "linear.plain", "linear", {"bias": False}, [normal(3, 6), normal(4, 6)], F.linear
    yield "embedding", "embedding", {}, [whole(7, 2, 9), normal(7, 4)], lambda ids, w: F.embedding(ids, w)


def normalisations():
    for name, shape, groups, eps in (
        ("g4", (2, 8, 5, 3), 4, 1e-5),
        ("g8-eps6", (2, 8, 3, 4), 8, 1e-6),
        ("g2-3d", (3, 6, 5), 2, 1e-5),
    ):
        yield (
            f"group_norm.{name}",
            "group_norm",
            {"groups": groups, "epsilon": eps},
            [normal(*shape), normal(shape[1]), normal(shape[1])],
            lambda x, w, b, groups=groups, eps=eps: F.group_norm(x, groups, w, b, eps),
        )
    yield (
        "layer_norm",
        "layer_norm",
        {"axis": -1, "epsilon": 1e-5},
        [normal(2, 5, 8), normal(8), normal(8)],
        lambda x, w, b: F.layer_norm(x, (8,), w, b, 1e-5),
    )
    for axis in (-1, 1):
        name = "softmax.last" if axis == -1 else "softmax.axis1"
        yield name, "softmax", {"axis": axis}, [normal(2, 5, 7)], lambda x, axis=axis: torch.softmax(x, axis)


def attentions():
    q, k, v = normal(2, 3, 5, 4), normal(2, 3, 7, 4), normal(2, 3, 7, 4)
    op = "scaled_dot_product_attention"
    yield f"{op}.cross", op, {"scale": 0.5, "causal": False}, [q, k, v], F.scaled_dot_product_attention
    yield (
        f"{op}.scale",
        op,
        {"scale": 0.3, "causal": False},
        [q, k, v],
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, scale=0.3),
    )
    yield (
        f"{op}.causal",
        op,
        {"scale": 0.5, "causal": True},
        [normal(2, 3, 6, 4), normal(2, 3, 6, 4), normal(2, 3, 6, 4)],
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
    )


def elementwise():
    one = [normal(3, 5)]
    above = [positive(3, 5)]
    for op, inputs, fn in (
        ("silu", one, F.silu),
        ("gelu", one, F.gelu),
        ("gelu_tanh", one, lambda x: F.gelu(x, approximate="tanh")),
        ("quick_gelu", one, lambda x: x * torch.sigmoid(1.702 * x)),
        ("tanh", one, torch.tanh),
        ("sigmoid", one, torch.sigmoid),
        ("relu", one, torch.relu),
        ("exp", one, torch.exp),
        ("erf", one, torch.erf),
        ("neg", one, torch.neg),
        ("abs", one, torch.abs),
        ("sin", one, torch.sin),
        ("cos", one, torch.cos),
        ("log", above, torch.log),
        ("sqrt", above, torch.sqrt),
        ("rsqrt", above, torch.rsqrt),
        ("reciprocal", above, torch.reciprocal),
    ):
        yield op, op, {}, inputs, fn
    yield "geglu", "geglu", {"axis": -1}, [normal(2, 3, 8)], lambda x: x[..., :4] * F.gelu(x[..., 4:])
    yield "clip", "clip", {"min": -0.5, "max": 0.7}, one, lambda x: torch.clamp(x, -0.5, 0.7)
    for exponent in (2, 3, 0.5, -1.5):
        inputs = one if exponent in (2, 3) else above
        yield f"pow.{exponent}", "pow", {"exponent": exponent}, inputs, lambda x, e=exponent: torch.pow(x, e)
    binary = (("add", torch.add), ("sub", torch.sub), ("mul", torch.mul), ("div", torch.div))
    for op, fn in binary:
        for name, a, b in (
            ("same", (3, 4), (3, 4)),
            ("rows", (2, 3, 4), (3, 1)),
            ("both", (2, 1, 4), (3, 1)),
            ("channel", (2, 3, 2, 2), (3, 1, 1)),
            ("scalar", (3, 4), ()),
        ):
            yield f"{op}.{name}", op, {}, [normal(*a), positive(*b)], fn


def shapes():
    x = normal(2, 3, 4, 5)
    yield "upsample_nearest", "upsample_nearest", {"scale": 2}, [x], lambda x: F.interpolate(x, scale_factor=2.0)
    for axis, a, b in ((1, (2, 3, 4), (2, 2, 4)), (-1, (2, 3, 4), (2, 3, 1))):
        name = "cat.axis1" if axis == 1 else "cat.last"
        yield name, "cat", {"axis": axis}, [normal(*a), normal(*b)], lambda a, b, axis=axis: torch.cat([a, b], axis)
    yield (
        "slice.two-axes",
        "slice",
        {"axes": [1, 3], "starts": [1, 0], "ends": [3, 4], "steps": [1, 1]},
        [x],
        lambda x: x[:, 1:3, :, 0:4],
    )
    yield "slice.step", "slice", {"axes": [3], "starts": [1], "ends": [5], "steps": [2]}, [x], lambda x: x[..., 1:5:2]
    yield "slice.negative", "slice", {"axes": [-1], "starts": [-3], "ends": [-1], "steps": [1]}, [x], lambda x: x[..., -3:-1]
    yield "split", "split", {"axis": 1, "sizes": [1, 3, 2]}, [normal(2, 6, 3)], lambda x: torch.split(x, [1, 3, 2], 1)
    yield "transpose.heads", "transpose", {"perm": [0, 2, 1, 3]}, [x], lambda x: x.permute(0, 2, 1, 3)
    yield "transpose.cycle", "transpose", {"perm": [2, 0, 3, 1]}, [x], lambda x: x.permute(2, 0, 3, 1)
    yield "reshape", "reshape", {"shape": [2, 12, 5]}, [x], lambda x: x.reshape(2, 12, 5)
    yield "expand", "expand", {"shape": [2, 3, 4]}, [normal(3, 1)], lambda x: x.expand(2, 3, 4)
    yield "pad", "pad", {"pads": [0, 0, 1, 0, 0, 0, 2, 1]}, [x], lambda x: F.pad(x, (0, 1, 1, 2))


def reductions():
    x = normal(2, 3, 4, 5)
    for op, fn in (("mean", torch.mean), ("sum", torch.sum)):
        for name, axes, keep in (("last", [-1], True), ("middle", [1, 2], False), ("pixels", [2, 3], True)):
            yield (
                f"{op}.{name}",
                op,
                {"axes": axes, "keepdims": keep},
                [x],
                lambda x, fn=fn, axes=axes, keep=keep: fn(x, axes, keepdim=keep),
            )
        yield f"{op}.all", op, {"axes": [0, 1, 2, 3], "keepdims": False}, [x], lambda x, fn=fn: fn(x)
    for correction in (0, 1):
        yield (
            f"var.correction{correction}",
            "var",
            {"axes": [2, 3], "keepdims": True, "correction": correction},
            [x],
            lambda x, c=correction: torch.var(x, (2, 3), correction=c, keepdim=True),
        )
    yield "mse", "mse", {}, [normal(2, 3, 4), normal(2, 3, 4)], F.mse_loss
