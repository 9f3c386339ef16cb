# Makes the golden bytes of tests/formats from the reference Python packages.
# Versions: tests/golden/requirements.txt. Run from the project's root: python tests/golden/formats/make.py
import json

import numpy as np
from safetensors.numpy import save

OUT = 'tests/golden/data/formats'

# One metadata entry only: the reference keeps them in a hash map, so several come in random order.
every = {
    name: (np.arange(6).reshape(2, 3) % 2 if name == 'bool' else np.arange(6).reshape(2, 3)).astype(name)
    for name in 'bool uint8 int8 int16 uint16 float16 int32 uint32 float32 float64 int64 uint64'.split()
}
with open(f'{OUT}/every-dtype.safetensors', 'wb') as file:
    file.write(save(every, metadata={'a': 'é"\\\n\x01\x7f\u2028'}))

odd = {
    'é': np.ones((0, 2)),
    'z': np.array(1.5),
    '😀': np.array(2.5),
    '\uffff': np.ones(1),
    '__proto__': np.arange(3, dtype=np.float32),
    'quote"\\': np.zeros((2, 0, 3), dtype=np.int8),
}
with open(f'{OUT}/odd-names.safetensors', 'wb') as file:
    file.write(save(odd))

with open(f'{OUT}/empty.safetensors', 'wb') as file:
    file.write(save({}))

# Half precision: float32 bits around every interesting place, and NumPy's float16 bits of them.
rng = np.random.default_rng(0)
bits = [0, 0x80000000, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001, 0xFFFFFFFF, 0x477FEFFF, 0x477FF000,
        0x477FF001, 0x477FE000, 0x33000000, 0x33000001, 0x32FFFFFF, 0x33800000, 0x387FE000, 0x387FF000,
        0x387FFFFF, 0x38800000, 1, 0x7FFFFF, 0x00800000, 0x7F7FFFFF]
halves = np.arange(0, 0x7C00, 37, dtype=np.uint16).view(np.float16).astype(np.float32).view(np.uint32)
bits = np.concatenate([np.array(bits, np.uint32), halves, halves + 0x1000, halves + 0xFFF, halves + 0x1001,
                       rng.integers(0, 2**32, 2000, dtype=np.uint64).astype(np.uint32),
                       rng.standard_normal(2000).astype(np.float32).view(np.uint32),
                       (rng.standard_normal(1000) * 1e-6).astype(np.float32).view(np.uint32)])
with np.errstate(all='ignore'):
    f16 = bits.view(np.float32).astype(np.float16).view(np.uint16)
with open(f'{OUT}/half.safetensors', 'wb') as file:
    file.write(save({'float32': bits, 'float16': f16}))
