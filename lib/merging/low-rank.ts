// The best approximation of a given rank (Eckart–Young), for a matrix and for a product of thin factors.
// Not a general SVD: singular values below 1e-8 of the largest are noise here, far under float32's rounding.
import { EigenvalueDecomposition, type Matrix, QrDecomposition } from 'ml-matrix'

/** `left · right` approximates a matrix; columns of `left` are U Σ, rows of `right` are Vᵀ. */
export interface LowRank {
  left: Matrix
  right: Matrix
  /** relative error ‖M − left·right‖ / ‖M‖, Frobenius; 0 for a zero matrix */
  relativeError: number
}

/**
 * Truncated SVD through the eigenvectors of the smaller Gram matrix: several times faster than a full SVD, and
 * as a projection of M onto those orthonormal vectors it is as exact as float32 can show.
 *
 * @param rank clipped to the smaller side
 */
export function truncatedSvd(matrix: Matrix, rank: number): LowRank {
  const wide = matrix.rows <= matrix.columns
  const transposed = matrix.transpose()
  const gram = wide ? matrix.mmul(transposed) : transposed.mmul(matrix)
  const size = gram.rows
  const keep = Math.min(rank, size)
  const decomposition = new EigenvalueDecomposition(gram, { assumeSymmetric: true })
  const values = decomposition.realEigenvalues.map((value) => Math.max(0, value))
  const order = values.map((_, i) => i).sort((a, b) => values[b] - values[a])
  const total = values.reduce((sum, value) => sum + value, 0)
  const lost = order.slice(keep).reduce((sum, i) => sum + values[i], 0)
  const relativeError = total === 0 ? 0 : Math.sqrt(lost / total)
  const vectors = decomposition.eigenvectorMatrix.subMatrixColumn(order.slice(0, keep))
  if (!wide) return { left: matrix.mmul(vectors), right: vectors.transpose(), relativeError }
  // M ≈ U (Uᵀ M): move the singular values from the rows of Uᵀ M into the columns of U.
  const right = vectors.transpose().mmul(matrix)
  for (let k = 0; k < keep; k++) {
    const sigma = Math.hypot(...right.getRow(k))
    if (sigma === 0) continue
    right.mulRow(k, 1 / sigma)
    vectors.mulColumn(k, sigma)
  }
  return { left: vectors, right, relativeError }
}

/**
 * The best rank-`rank` approximation of `up · down` without forming it: QR of both factors, then the truncated
 * SVD of the small core. Exact up to rounding; where the factors are not thin, the product is formed after all.
 */
export function truncateProduct(up: Matrix, down: Matrix, rank: number): LowRank {
  if (up.columns >= Math.min(up.rows, down.columns)) return truncatedSvd(up.mmul(down), rank)
  const upQr = new QrDecomposition(up)
  const downQr = new QrDecomposition(down.transpose())
  const core = upQr.upperTriangularMatrix.mmul(downQr.upperTriangularMatrix.transpose())
  const { left, right, relativeError } = truncatedSvd(core, rank)
  return {
    left: upQr.orthogonalMatrix.mmul(left),
    right: right.mmul(downQr.orthogonalMatrix.transpose()),
    relativeError,
  }
}
