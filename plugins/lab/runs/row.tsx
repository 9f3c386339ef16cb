// One job in the runs panel. All its words may come from anywhere: they are text here, never markup.
import type { TranslationBundle } from '@jupyterlab/translation'
import {
  addBelowIcon,
  deleteIcon,
  folderIcon,
  type LabIcon,
  pauseIcon,
  runIcon,
  saveIcon,
  stopIcon,
} from '@jupyterlab/ui-components'
// biome-ignore lint/correctness/noUnusedImports: JSX calls it.
import * as React from 'react'
import type { ControlCommand } from '../../../lib/messages/index.ts'
import { bytes, oneLine } from '../jobs/format.ts'
import type { Run } from '../jobs/run.ts'
import { isLive } from '../jobs/state.ts'
import { titleOf } from './titles.ts'
import { ago, askedWord, percent, progressWords, stateHelp, stateWord } from './words.ts'

export interface RowProps {
  run: Run
  asked: ControlCommand | undefined
  chosen: boolean
  now: number
  /** Named when jobs of several folders are shown. */
  folder: string | undefined
  trans: TranslationBundle
  onChoose: (chosen: boolean) => void
  /** Runs a command on this job. */
  perform: (command: string) => void
}

function Action(props: { icon: LabIcon; label: string; onClick: () => void; disabled?: boolean }) {
  const { icon, label, onClick, disabled = false } = props
  return (
    <button
      type="button"
      className="jp-selma-Runs-button"
      title={label}
      aria-label={label}
      aria-disabled={disabled || undefined}
      onClick={disabled ? undefined : onClick}
    >
      <icon.react tag="span" elementSize="normal" />
    </button>
  )
}

export function RunRow({ run, asked, chosen, now, folder, trans, onChoose, perform }: RowProps) {
  const title = titleOf(run)
  const live = isLive(run.state)
  const done = percent(run)
  const progress = progressWords(run, trans)
  const about = [
    run.size === undefined ? undefined : bytes(run.size),
    ago(run.updated, now, trans),
    run.silent === undefined ? undefined : trans.__('silent'),
    folder,
  ].filter(Boolean)
  return (
    <li className="jp-selma-Runs-run" data-state={run.state} data-run={run.id}>
      <div className="jp-selma-Runs-head">
        <label className="jp-selma-Runs-name" title={`${title}\n${run.id}`}>
          <input
            type="checkbox"
            checked={chosen}
            onChange={(event) => onChoose(event.currentTarget.checked)}
            aria-label={trans.__('Choose %1 for comparison', title)}
          />
          <span>{title}</span>
        </label>
        <span className="jp-selma-Runs-state" title={stateHelp(run, trans)}>
          {asked ? askedWord(asked, trans) : stateWord(run.state, trans)}
        </span>
      </div>
      {done !== undefined && run.state !== 'finished' && (
        <div
          className="jp-selma-Runs-bar"
          role="progressbar"
          aria-label={trans.__('Progress of %1', title)}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={done}
          aria-valuetext={progress}
        >
          <div style={{ width: `${done}%` }} />
        </div>
      )}
      {progress && <div className="jp-selma-Runs-line">{progress}</div>}
      {run.error && (
        <div className="jp-selma-Runs-error" title={oneLine(run.error.hint ?? '', 500)}>
          {oneLine(run.error.message, 240)}
        </div>
      )}
      <div className="jp-selma-Runs-foot">
        <span className="jp-selma-Runs-line">{about.join(' · ')}</span>
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms. */}
        <span className="jp-selma-Runs-actions" role="group" aria-label={trans.__('Actions for %1', title)}>
          {live && run.state !== 'paused' && (
            <Action icon={pauseIcon} label={trans.__('Pause')} onClick={() => perform('selma:pause-run')} />
          )}
          {run.state === 'paused' && (
            <Action icon={runIcon} label={trans.__('Resume')} onClick={() => perform('selma:resume-run')} />
          )}
          {live && (
            <>
              <Action
                icon={saveIcon}
                label={trans.__('Save its state')}
                onClick={() => perform('selma:save-run')}
              />
              <Action
                icon={stopIcon}
                label={trans.__('Save and stop')}
                onClick={() => perform('selma:stop-run')}
              />
            </>
          )}
          <Action
            icon={folderIcon}
            label={trans.__('Open its folder')}
            onClick={() => perform('selma:open-run')}
          />
          <Action
            icon={addBelowIcon}
            label={trans.__('Open in the notebook')}
            onClick={() => perform('selma:insert-run')}
          />
          <Action
            icon={deleteIcon}
            label={live ? trans.__('Stop it before you delete it') : trans.__('Delete')}
            disabled={live}
            onClick={() => perform('selma:delete-run')}
          />
        </span>
      </div>
    </li>
  )
}
