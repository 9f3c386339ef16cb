// Half-precision conversions: IEEE float16 and bfloat16, bits in a Uint16Array, to and from float32.
// Rounding is to nearest, ties to even, with subnormals and infinities, as NumPy and PyTorch round.
// Not arithmetic in half precision: numbers are converted at the edge and computed in float32.

/** The bit patterns of a float32 array, without a copy. */
function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length)
}

/**
 * float32 to IEEE float16 bits. Beyond ±65504 (after rounding) becomes ±infinity; NaN stays NaN.
 *
 * @returns a new array of the same length
 */
export function toHalf(values: Float32Array): Uint16Array {
  const bits = bitsOf(values)
  const out = new Uint16Array(bits.length)
  for (let i = 0; i < bits.length; i++) {
    const x = bits[i]
    const sign = (x >>> 16) & 0x8000
    const magnitude = x & 0x7fffffff
    if (magnitude >= 0x47800000) {
      // 2^16 and beyond, infinity and NaN; a NaN keeps a bit so that it does not turn into infinity
      out[i] = sign | 0x7c00 | (magnitude > 0x7f800000 ? 0x200 | ((x >>> 13) & 0x3ff) : 0)
    } else if (magnitude >= 0x38800000) {
      // normal: add half a unit, less one when the last kept bit is even, then drop 13 bits
      const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1) - 0x38000000
      out[i] = sign | (rounded >>> 13)
    } else if (magnitude < 0x33000000) {
      out[i] = sign
    } else {
      const shift = 126 - (magnitude >>> 23)
      const mantissa = (magnitude & 0x7fffff) | 0x800000
      const kept = mantissa >>> shift
      out[i] = sign | ((mantissa + (1 << (shift - 1)) - 1 + (kept & 1)) >>> shift)
    }
  }
  return out
}

let table: Uint32Array | undefined

/** All 65,536 float16 values as float32 bits: one look-up a number instead of five branches. */
function halfTable(): Uint32Array {
  if (table) return table
  const out = new Uint32Array(65_536)
  const float = new Float32Array(out.buffer)
  for (let h = 0; h < 65_536; h++) {
    const exponent = (h >>> 10) & 0x1f
    const mantissa = h & 0x3ff
    if (exponent === 0) float[h] = (h & 0x8000 ? -1 : 1) * mantissa * 2 ** -24
    else out[h] = ((h & 0x8000) << 16) | ((exponent === 31 ? 255 : exponent + 112) << 23) | (mantissa << 13)
  }
  table = out
  return out
}

/** IEEE float16 bits to float32, exactly. */
export function fromHalf(halves: Uint16Array): Float32Array {
  const lookup = halfTable()
  const out = new Float32Array(halves.length)
  const bits = bitsOf(out)
  for (let i = 0; i < halves.length; i++) bits[i] = lookup[halves[i]]
  return out
}

/** float32 to bfloat16 bits (the upper half of a float32, rounded). NaN stays NaN. */
export function toBfloat16(values: Float32Array): Uint16Array {
  const bits = bitsOf(values)
  const out = new Uint16Array(bits.length)
  for (let i = 0; i < bits.length; i++) {
    const x = bits[i]
    if ((x & 0x7fffffff) > 0x7f800000) out[i] = (x >>> 16) | 0x40
    else out[i] = (x + 0x7fff + ((x >>> 16) & 1)) >>> 16
  }
  return out
}

/** bfloat16 bits to float32, exactly. */
export function fromBfloat16(values: Uint16Array): Float32Array {
  const out = new Float32Array(values.length)
  const bits = bitsOf(out)
  for (let i = 0; i < values.length; i++) bits[i] = values[i] << 16
  return out
}
