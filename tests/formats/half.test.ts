import { describe, expect, it } from 'vitest'
import { fromBfloat16, fromHalf, toBfloat16, toHalf } from '../../lib/formats/half.ts'
import { readSafetensorsSync } from '../../lib/formats/safetensors.ts'

const golden = readSafetensorsSync('tests/golden/data/formats/half.safetensors')
const bits = golden.get('float32')!.data as Uint32Array
const numpy = golden.get('float16')!.data as Uint16Array
const floats = new Float32Array(bits.buffer, bits.byteOffset, bits.length)
const isNan16 = (h: number) => (h & 0x7fff) > 0x7c00

describe('float16', () => {
  it('rounds as NumPy does, bit for bit, and keeps NaN a NaN', () => {
    const ours = toHalf(floats)
    expect(ours.length).toBeGreaterThan(8000)
    for (let i = 0; i < ours.length; i++) {
      if (isNan16(numpy[i])) expect(isNan16(ours[i])).toBe(true)
      else if (ours[i] !== numpy[i])
        throw new Error(`${floats[i]}: ${ours[i].toString(16)} instead of ${numpy[i].toString(16)}`)
    }
  })

  it('gives every half back after a trip through float32', () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, i) => i)
    const back = toHalf(fromHalf(all))
    for (let h = 0; h < 65_536; h++) {
      if (isNan16(h)) expect(isNan16(back[h])).toBe(true)
      else if (back[h] !== h) throw new Error(`${h} came back as ${back[h]}`)
    }
  })

  it('knows the landmarks', () => {
    expect([...fromHalf(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0x8000))]).toEqual([
      1,
      -2,
      65504,
      2 ** -24,
      Infinity,
      -0,
    ])
    expect([...toHalf(Float32Array.of(65519, 65520, 2 ** -25, 3 * 2 ** -26))]).toEqual([0x7bff, 0x7c00, 0, 1])
  })
})

describe('bfloat16', () => {
  it('is exact for every bfloat16', () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, i) => i)
    const back = toBfloat16(fromBfloat16(all))
    for (let h = 0; h < 65_536; h++) {
      if ((h & 0x7fff) > 0x7f80) expect(back[h] & 0x7fff).toBeGreaterThan(0x7f80)
      else if (back[h] !== h) throw new Error(`${h} came back as ${back[h]}`)
    }
  })

  it('gives the nearest, ties to even', () => {
    const finite = floats.filter((x) => Number.isFinite(x) && Math.abs(x) < 3e38)
    const ours = toBfloat16(finite)
    const rounded = fromBfloat16(ours)
    const neighbours = (h: number) => fromBfloat16(Uint16Array.of((h - 1) & 0xffff, (h + 1) & 0xffff))
    for (let i = 0; i < finite.length; i++) {
      const error = Math.abs(finite[i] - rounded[i])
      if ((ours[i] & 0x7fff) === 0) expect(error).toBeLessThan(1e-40)
      else
        for (const other of neighbours(ours[i])) {
          const otherError = Math.abs(finite[i] - other)
          if (otherError < error || (otherError === error && ours[i] % 2 === 1))
            throw new Error(`${finite[i]} went to ${rounded[i]}, ${other} is better`)
        }
    }
    expect([...toBfloat16(Float32Array.of(1, 1.00390625, 1.01171875))]).toEqual([0x3f80, 0x3f80, 0x3f82])
  })
})
