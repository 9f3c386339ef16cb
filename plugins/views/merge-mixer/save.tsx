// Saving the mix: a folder and a name, and a question before something is replaced.
import { useState } from 'preact/hooks'
import type { MergeMixerAnswer } from '../../../lib/messages/views/merge-mixer.ts'
import { shorten } from '../shared/format.ts'

export interface SaveRequest {
  folder: string
  name: string
  overwrite: boolean
}

interface Props {
  /** The kernel's last answer to what this view has asked. */
  answer: MergeMixerAnswer | undefined
  saving: boolean
  onSave: (request: SaveRequest) => void
  onCancel: () => void
}

export function Save({ answer, saving, onSave, onCancel }: Props) {
  const [folder, setFolder] = useState('experts/mixed')
  const [name, setName] = useState('mixed')
  const request = { folder: folder.trim(), name: name.trim() }
  const complete = request.folder !== '' && request.name !== ''
  return (
    <form
      class="mm-save"
      onSubmit={(event) => {
        event.preventDefault()
        if (complete && !saving) onSave({ ...request, overwrite: false })
      }}
    >
      <label class="mm-folder">
        Folder
        <input
          type="text"
          value={folder}
          maxLength={1000}
          onInput={(event) => setFolder(event.currentTarget.value)}
        />
      </label>
      <label>
        Name
        <input
          type="text"
          class="mm-short"
          value={name}
          maxLength={80}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="selma-button" disabled={!complete || saving}>
        Save as expert
      </button>
      <div class="mm-answer" role="status">
        {answer?.kind === 'saved' ? `Saved in ${shorten(answer.folder, 200)}.` : null}
        {answer?.kind === 'exists' ? (
          <span class="selma-row">
            There is an expert in {shorten(answer.folder, 200)}.
            <button
              type="button"
              class="selma-button"
              onClick={() =>
                onSave({ folder: answer.folder, name: request.name || 'mixed', overwrite: true })
              }
            >
              Replace it
            </button>
            <button type="button" class="selma-button" onClick={onCancel}>
              Keep it
            </button>
          </span>
        ) : null}
      </div>
    </form>
  )
}
