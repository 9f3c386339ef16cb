// The words of the runs panel, in the language of JupyterLab.
import type { TranslationBundle } from '@jupyterlab/translation'
import type { ControlCommand, JobState } from '../../../lib/messages/index.ts'
import { duration, share, short } from '../jobs/format.ts'
import type { Run } from '../jobs/run.ts'

export function stateWord(state: JobState, trans: TranslationBundle): string {
  const words: Record<JobState, string> = {
    running: trans.__('running'),
    queued: trans.__('queued'),
    paused: trans.__('paused'),
    finished: trans.__('finished'),
    stopped: trans.__('stopped'),
    failed: trans.__('failed'),
    interrupted: trans.__('interrupted'),
    created: trans.__('not started'),
  }
  return words[state]
}

/** What was asked and is not done yet. */
export function askedWord(command: ControlCommand, trans: TranslationBundle): string {
  const words: Record<ControlCommand, string> = {
    run: trans.__('resuming…'),
    pause: trans.__('pausing…'),
    checkpoint: trans.__('saving…'),
    stop: trans.__('stopping…'),
  }
  return words[command]
}

/** What the state means, for a tooltip. */
export function stateHelp({ state, silent }: Run, trans: TranslationBundle): string {
  if (silent !== undefined)
    return trans.__(
      'No sign of life for %1. After five minutes it counts as interrupted.',
      duration(silent / 1000),
    )
  const words: Record<JobState, string> = {
    running: trans.__('A process is working on it.'),
    queued: trans.__('It waits until other jobs have ended.'),
    paused: trans.__('It waits and keeps its memory. Resume it to go on.'),
    finished: trans.__('It has its result. The same cell gives it at once.'),
    stopped: trans.__('It has saved and ended. Run its cell again to go on.'),
    failed: trans.__('It ended with an error. Run its cell again to try once more.'),
    interrupted: trans.__('Its process died without a word. Run its cell again to go on from what it saved.'),
    created: trans.__('No process has worked on it yet.'),
  }
  return words[state]
}

/** `120 / 300 steps`, with the note and the loss. */
export function progressWords({ progress, loss }: Run, trans: TranslationBundle): string {
  const parts: string[] = []
  if (progress) {
    const { done, total, unit, note } = progress
    const count =
      total > 0 ? trans.__('%1 of %2 %3', short(done), short(total), unit) : `${short(done)} ${unit}`
    parts.push(note ? `${count} (${note})` : count)
  }
  if (loss !== undefined) parts.push(trans.__('loss %1', short(loss)))
  return parts.join(' · ')
}

export const percent = (run: Run): number | undefined => {
  const done = run.progress && share(run.progress)
  return done === undefined ? undefined : Math.round(done * 100)
}

/** `5 min ago`; the date when it is longer ago than a day. */
export function ago(time: number, now: number, trans: TranslationBundle): string {
  const seconds = (now - time) / 1000
  if (seconds < 10) return trans.__('just now')
  if (seconds < 86_400)
    return trans.__('%1 ago', duration(seconds < 120 ? seconds : Math.floor(seconds / 60) * 60))
  return new Date(time).toLocaleDateString()
}
