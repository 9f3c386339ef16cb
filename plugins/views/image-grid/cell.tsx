// One picture of the grid: a button with the picture, and below it a mark for each question.

import type { GridCell } from '../../../lib/messages/views/image-grid.ts'
import { memo } from '../shared/memo.ts'
import { type PictureStore, usePicture } from '../shared/pictures.ts'

interface Props {
  store: PictureStore
  id: string
  cell: GridCell
  size: number
  label: string
  /** Tab comes here. */
  active: boolean
  questions: boolean
}

export const words: Record<string, string> = {
  '1': 'passed',
  '0': 'failed',
  x: 'failed with what it depends on',
}

export function Marks({ outcomes }: { outcomes: string }) {
  return (
    <span class="ig-marks" aria-hidden="true">
      {[...outcomes].map((one, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: questions have no other name than their place
        <i key={at} class={one === '1' ? 'ig-yes' : one === 'x' ? 'ig-part' : 'ig-no'} />
      ))}
    </span>
  )
}

export const Cell = memo(function Cell({ store, id, cell, size, label, active, questions }: Props) {
  const picture = usePicture(store, id)
  return (
    <span class="ig-cell" style={`width:${size}px`}>
      <button
        type="button"
        class="ig-picture"
        style={`width:${size}px;height:${size}px`}
        data-id={id}
        tabIndex={active ? 0 : -1}
        aria-label={label}
      >
        {picture?.url ? (
          <img class="selma-pixels" src={picture.url} alt="" draggable={false} decoding="async" />
        ) : (
          <span class="selma-small selma-faint">{picture?.missing ?? ''}</span>
        )}
      </button>
      {questions ? <Marks outcomes={cell.outcomes} /> : null}
    </span>
  )
})
