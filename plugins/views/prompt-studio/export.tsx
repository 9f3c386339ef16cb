// The accepted prompts as a file: its name is asked for, and again before another file is replaced.
import { useState } from 'preact/hooks'
import { count } from '../shared/format.ts'

interface Props {
  skill: string
  accepted: number
  exported: { path: string; count: number } | null
  /** The file that the work is kept in. */
  kept: string | null
  /** A file that is there already and would be replaced. */
  exists: string | undefined
  onExport: (path: string, overwrite: boolean) => void
  /** Another name is typed, or it shall stay. */
  onKeep: () => void
}

export function Export({ skill, accepted, exported, kept, exists, onExport, onKeep }: Props) {
  const [path, setPath] = useState(`${skill}-prompts.jsonl`)
  return (
    <form
      class="ps-export"
      aria-label="Export"
      onSubmit={(event) => {
        event.preventDefault()
        onExport(path.trim(), false)
      }}
    >
      <div class="selma-row">
        <label class="selma-row ps-path">
          File
          <input
            type="text"
            value={path}
            maxLength={1_000}
            onInput={(event) => {
              setPath(event.currentTarget.value)
              onKeep()
            }}
          />
        </label>
        <button type="submit" class="selma-button" disabled={accepted === 0 || path.trim() === ''}>
          Export {count(accepted)} prompts
        </button>
      </div>
      {exists ? (
        <div class="selma-error" role="alert">
          <span>{exists} is there already.</span>
          <span class="selma-row">
            <button type="button" class="selma-button" onClick={() => onExport(path.trim(), true)}>
              Overwrite it
            </button>
            <button type="button" class="selma-button selma-quiet" onClick={onKeep}>
              Keep it
            </button>
          </span>
        </div>
      ) : null}
      {exported && !exists ? (
        <p class="selma-small selma-faint ps-note" role="status">
          {count(exported.count)} prompts are in {exported.path}
        </p>
      ) : null}
      <p class="selma-small selma-faint ps-note">
        {kept
          ? `All of this is kept in ${kept}: the same cell goes on from there.`
          : "It ends with the kernel: export what shall stay, or give the cell a file ({ file: 'studio.json' })."}
      </p>
    </form>
  )
}
