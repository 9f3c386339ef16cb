// What the scene reader tells about a picture besides answers: objects, clutter, layout.
import type { Picture } from '../formats/picture.ts'
import { parseCaption } from './parse-caption.ts'
import { readPicture } from './read-picture.ts'

/** Objects seen and asked for, whether anything is unreadable, and the layout as a string. */
export function inspectPicture(
  picture: Picture,
  item: { text: string },
): { objects: number; objectsAsked: number; unreadable: boolean; layout: string } {
  const reading = readPicture(picture)
  const places = reading.objects.map(
    ({ shape, color, x, y }) => `${color} ${shape} ${Math.round(x / 8)},${Math.round(y / 8)}`,
  )
  return {
    objects: reading.objects.length,
    objectsAsked: parseCaption(item.text).groups.reduce((sum, { count }) => sum + count, 0),
    unreadable: reading.unreadable,
    layout: places.sort().join('; '),
  }
}
