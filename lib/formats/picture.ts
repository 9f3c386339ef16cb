// A picture in memory: plain 8-bit RGB. Not a file format (PNG is beside it) and not a tensor.

/** An 8-bit RGB picture. */
export interface Picture {
  /** Pixels across. */
  width: number
  /** Pixels down. */
  height: number
  /** `height * width * 3` bytes, row-major from the top left, R G B, 0–255. */
  data: Uint8Array
}

/** A picture of one colour. `color` is [R, G, B], 0–255, default black. */
export function blankPicture(
  width: number,
  height: number,
  color: readonly [number, number, number] = [0, 0, 0],
): Picture {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < data.length; i += 3) data.set(color, i)
  return { width, height, data }
}
