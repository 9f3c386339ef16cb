// LoRA layers as ml-matrix matrices and back, and layers made of several others.
import { Matrix } from 'ml-matrix'
import { type LoraLayer, type LoraMatrix, loraColumns, loraRank } from '../formats/lora.ts'
import type { LowRank } from './low-rank.ts'

/** A row-major array as a matrix of so many rows. */
export function toMatrix({ data, shape: [rows] }: LoraMatrix): Matrix {
  const columns = data.length / rows
  const matrix = new Matrix(rows, columns)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) matrix.set(i, j, data[i * columns + j])
  return matrix
}

/** A matrix as a row-major float32 array of the given shape. */
export function fromMatrix(matrix: Matrix, shape: number[]): LoraMatrix {
  const data = new Float32Array(matrix.rows * matrix.columns)
  for (let i = 0; i < matrix.rows; i++) data.set(matrix.getRow(i), i * matrix.columns)
  return { shape, data }
}

/** A layer like `model` (same module) with other factors and scale 1. */
export function layerFrom(model: LoraLayer, { left, right }: LowRank): LoraLayer {
  const rank = left.columns
  return {
    down: fromMatrix(right, [rank, ...model.down.shape.slice(1)]),
    up: fromMatrix(left, [left.rows, rank]),
    alpha: rank,
    ...(model.kernel && { kernel: model.kernel }),
  }
}

/**
 * The layer whose weight change is Σ cᵢ Bᵢ Aᵢ: factors side by side, ranks added up.
 * A common coefficient goes into alpha, which leaves the numbers of the factors untouched; others into A.
 */
export function concatenate(layers: readonly LoraLayer[], coefficients: readonly number[]): LoraLayer {
  const [first] = layers
  const rank = layers.reduce((sum, layer) => sum + loraRank(layer), 0)
  const columns = loraColumns(first)
  const rows = first.up.shape[0]
  const down = new Float32Array(rank * columns)
  const up = new Float32Array(rows * rank)
  const common = coefficients.every((c) => c === coefficients[0])
  let at = 0
  layers.forEach((layer, k) => {
    const own = loraRank(layer)
    const scale = coefficients[k]
    down.set(common ? layer.down.data : layer.down.data.map((x) => x * scale), at * columns)
    for (let i = 0; i < rows; i++) up.set(layer.up.data.subarray(i * own, (i + 1) * own), i * rank + at)
    at += own
  })
  return {
    down: { shape: [rank, ...first.down.shape.slice(1)], data: down },
    up: { shape: [rows, rank], data: up },
    alpha: common ? coefficients[0] * rank : rank,
    ...(first.kernel && { kernel: first.kernel }),
  }
}
