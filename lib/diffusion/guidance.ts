// Classifier-free guidance and its rescale. Source: Ho & Salimans 2022; Lin et al. 2023, section
// 3.4; diffusers, pipeline_stable_diffusion.py (`rescale_noise_cfg`).

/** Unbiased standard deviation of one example. */
function deviation(values: Float32Array, start: number, size: number): number {
  let total = 0
  for (let i = start; i < start + size; i++) total += values[i]
  const mean = total / size
  let squares = 0
  for (let i = start; i < start + size; i++) squares += (values[i] - mean) ** 2
  return Math.sqrt(squares / (size - 1))
}

/**
 * unconditional + scale · (conditional − unconditional), for a batch of examples of `size` numbers.
 *
 * @param rescale φ in [0, 1]: how far each example's deviation goes back to the conditional one's; default 0
 */
export function guide(
  unconditional: Float32Array,
  conditional: Float32Array,
  size: number,
  scale: number,
  rescale = 0,
): Float32Array {
  const out = new Float32Array(conditional.length)
  for (let i = 0; i < out.length; i++) out[i] = unconditional[i] + scale * (conditional[i] - unconditional[i])
  if (rescale === 0) return out
  for (let start = 0; start < out.length; start += size) {
    const ratio = deviation(conditional, start, size) / deviation(out, start, size)
    const factor = rescale * ratio + 1 - rescale
    for (let i = start; i < start + size; i++) out[i] *= factor
  }
  return out
}
