// A large picture in overlapping tiles, so that the VAE's memory does not grow with it. Tiles overlap by a quarter
// and are blended linearly there, each with the one above and the one to the left.
// Source: diffusers, autoencoder_kl.py (`tiled_encode`, `tiled_decode`, `blend_v`, `blend_h`).

/** Numbers [channels, height, width]. */
export interface Planes {
  data: Float32Array
  channels: number
  height: number
  width: number
}

/** A rectangle of all channels. */
function cut({ data, channels, height, width }: Planes, top: number, left: number, size: number): Planes {
  const [h, w] = [Math.min(size, height - top), Math.min(size, width - left)]
  const out = new Float32Array(channels * h * w)
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < h; y++) {
      const from = (c * height + top + y) * width + left
      out.set(data.subarray(from, from + w), (c * h + y) * w)
    }
  return { data: out, channels, height: h, width: w }
}

/** Changes the upper (or left) `extent` rows (columns) of a tile gradually from those at the end of `before`. */
function blend(before: Planes, tile: Planes, extent: number, along: 'rows' | 'columns'): void {
  const rows = along === 'rows'
  const reach = Math.min(extent, rows ? before.height : before.width, rows ? tile.height : tile.width)
  const lines = rows ? tile.width : tile.height
  const at = (planes: Planes, c: number, step: number, line: number): number =>
    rows ? (c * planes.height + step) * planes.width + line : (c * planes.height + line) * planes.width + step
  const start = (rows ? before.height : before.width) - reach
  for (let c = 0; c < tile.channels; c++)
    for (let step = 0; step < reach; step++) {
      const share = step / reach
      for (let line = 0; line < lines; line++) {
        const to = at(tile, c, step, line)
        tile.data[to] = before.data[at(before, c, start + step, line)] * (1 - share) + tile.data[to] * share
      }
    }
}

/**
 * Puts a picture through `run` tile by tile.
 *
 * @param size a tile's side in the input
 * @param outSize a tile's side in the output
 * @param run turns a tile of the input into one of the output
 */
export async function inTiles(
  input: Planes,
  { size, outSize }: { size: number; outSize: number },
  run: (tile: Planes) => Promise<Planes>,
): Promise<Planes> {
  const step = Math.floor(size * 0.75)
  const extent = Math.floor(outSize * 0.25)
  const kept = outSize - extent
  const height = (input.height * outSize) / size
  const width = (input.width * outSize) / size
  let out: Planes | undefined
  let above: Planes[] = []
  for (let top = 0, i = 0; top < input.height; top += step, i++) {
    const row: Planes[] = []
    for (let left = 0, j = 0; left < input.width; left += step, j++) {
      const tile = await run(cut(input, top, left, size))
      if (i > 0) blend(above[j], tile, extent, 'rows')
      if (j > 0) blend(row[j - 1], tile, extent, 'columns')
      row.push(tile)
      out ??= {
        data: new Float32Array(tile.channels * height * width),
        channels: tile.channels,
        height,
        width,
      }
      const part = cut(tile, 0, 0, kept)
      for (let c = 0; c < out.channels; c++)
        for (let y = 0; y < part.height; y++) {
          const line = part.data.subarray(
            (c * part.height + y) * part.width,
            (c * part.height + y + 1) * part.width,
          )
          out.data.set(line, (c * height + i * kept + y) * width + j * kept)
        }
    }
    above = row
  }
  return out!
}
