// Combines tensors of several experts number by number: prune each, elect signs, add up.
// TIES: Yadav et al. 2023, arXiv 2306.01708. DARE: Yu et al. 2023, arXiv 2311.03099. Semantics of both and of
// magnitude pruning as in peft 0.21 (utils/merge_utils.py). Not about LoRA: works on plain arrays.
import { fail } from '../base/errors.ts'

/** Keeps the `density` share of largest magnitude (rounded down), zeroes the rest. Of equals the first stay. */
export function pruneByMagnitude(data: Float32Array, density: number): Float32Array {
  if (density >= 1) return data
  const keep = Math.trunc(density * data.length)
  const out = new Float32Array(data.length)
  if (keep === 0) return out
  const magnitudes = data.map(Math.abs).sort()
  const threshold = magnitudes[data.length - keep]
  // How many of those exactly at the threshold may stay.
  let ties = keep
  for (const x of data) if (Math.abs(x) > threshold) ties--
  for (let i = 0; i < data.length; i++) {
    const magnitude = Math.abs(data[i])
    if (magnitude > threshold || (magnitude === threshold && ties-- > 0)) out[i] = data[i]
  }
  return out
}

/** Keeps what the mask keeps and divides it by `density`, so that the expectation stays. */
export function pruneByMask(data: Float32Array, mask: Uint8Array, density: number): Float32Array {
  if (mask.length !== data.length) fail('bad-input', `a mask has ${mask.length} numbers for ${data.length}`)
  return data.map((x, i) => (mask[i] ? x / density : 0))
}

/** Σ wᵢ tᵢ, number by number. */
export function weightedSum(tensors: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const sum = new Float64Array(tensors[0].length)
  tensors.forEach((tensor, k) => {
    const weight = weights[k]
    for (let i = 0; i < sum.length; i++) sum[i] += weight * tensor[i]
  })
  return Float32Array.from(sum)
}

/**
 * Elects a sign for every number, then averages wᵢ tᵢ over the experts that have it.
 * The sign comes from the unweighted numbers: of their sum (`total`) or of the count of signs (`frequency`);
 * an even vote goes to plus, and zeros take no part in the average.
 */
export function electAndAverage(
  tensors: readonly Float32Array[],
  weights: readonly number[],
  majoritySign: 'total' | 'frequency',
): Float32Array {
  const out = new Float32Array(tensors[0].length)
  for (let i = 0; i < out.length; i++) {
    let vote = 0
    for (const tensor of tensors) vote += majoritySign === 'total' ? tensor[i] : Math.sign(tensor[i])
    const sign = vote >= 0 ? 1 : -1
    let sum = 0
    let count = 0
    for (let k = 0; k < tensors.length; k++) {
      if (Math.sign(tensors[k][i]) !== sign) continue
      sum += weights[k] * tensors[k][i]
      count++
    }
    if (count > 0) out[i] = sum / count
  }
  return out
}
