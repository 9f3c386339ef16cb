// The runs panel: the list, what is chosen, and looking again while it can be seen.
import type { TranslationBundle } from '@jupyterlab/translation'
import { ReactWidget, refreshIcon } from '@jupyterlab/ui-components'
import type { Message } from '@lumino/messaging'
// biome-ignore lint/style/useImportType: JSX calls it.
import * as React from 'react'
import type { JobState } from '../../../lib/messages/index.ts'
import { compareIcon, selmaIcon } from '../icons.ts'
import { oneLine } from '../jobs/format.ts'
import { isLive } from '../jobs/state.ts'
import type { RunStore } from '../jobs/store.ts'
import { EmptyList } from './empty.tsx'
import { isHidden } from './folders.ts'
import { RunRow } from './row.tsx'
import { titleOf } from './titles.ts'
import { stateWord } from './words.ts'

export interface PanelOptions {
  store: RunStore
  trans: TranslationBundle
  /** Folders to look into, now. */
  folders: () => string[]
  /** Whether the server shows hidden folders. */
  hiddenShown: boolean
  execute: (command: string, args: { paths: string[] }) => void
}

export class RunsPanel extends ReactWidget {
  readonly #options: PanelOptions
  readonly #chosen = new Set<string>()
  #every = 2000
  #timer: ReturnType<typeof setTimeout> | undefined
  #problem = ''
  #news = ''
  #looked = false
  #filter: 'all' | 'live' = 'all'
  readonly #states = new Map<string, JobState>()

  constructor(options: PanelOptions) {
    super()
    this.#options = options
    this.id = 'selma-runs'
    this.addClass('jp-selma-Runs')
    this.title.icon = selmaIcon
    this.title.caption = options.trans.__('SELMA runs')
    this.node.setAttribute('role', 'region')
    this.node.setAttribute('aria-label', options.trans.__('SELMA runs'))
    options.store.onChange = () => this.#changed()
    document.addEventListener('visibilitychange', this.#onVisible)
  }

  /** Paths of the jobs that are ticked and still there. */
  get chosen(): string[] {
    return this.#options.store.runs.filter(({ path }) => this.#chosen.has(path)).map(({ path }) => path)
  }

  /** Time between two looks, milliseconds. */
  set every(milliseconds: number) {
    this.#every = milliseconds
    this.#plan(0)
  }

  /** Looks now. What goes wrong stands in the panel. */
  async refresh(): Promise<void> {
    const { store, folders, hiddenShown, trans } = this.#options
    try {
      await store.look(folders().filter((folder) => hiddenShown || !isHidden(folder)))
      this.#problem = ''
    } catch (error) {
      this.#problem = trans.__('The jobs cannot be read: %1', oneLine((error as Error).message, 300))
    }
    this.#looked = true
    this.update()
  }

  override dispose(): void {
    clearTimeout(this.#timer)
    document.removeEventListener('visibilitychange', this.#onVisible)
    super.dispose()
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message)
    this.#plan(0)
  }

  protected override onBeforeHide(message: Message): void {
    super.onBeforeHide(message)
    clearTimeout(this.#timer)
  }

  readonly #onVisible = (): void => this.#plan(0)

  #plan(wait: number): void {
    clearTimeout(this.#timer)
    if (this.isDisposed || !this.isVisible || document.hidden) return
    this.#timer = setTimeout(async () => {
      await this.refresh()
      this.#plan(this.#every)
    }, wait)
  }

  /** Tells those who cannot see the list what has ended. */
  #changed(): void {
    const { store, trans } = this.#options
    for (const run of store.runs) {
      const before = this.#states.get(run.path)
      if (before && before !== run.state && isLive(before) && !isLive(run.state))
        this.#news = `${titleOf(run)}: ${stateWord(run.state, trans)}`
      this.#states.set(run.path, run.state)
    }
    this.update()
  }

  #choose(path: string, chosen: boolean): void {
    if (chosen) this.#chosen.add(path)
    else this.#chosen.delete(path)
    this.update()
  }

  protected override render(): React.ReactElement {
    const { store, trans, folders, hiddenShown, execute } = this.#options
    const all = store.runs
    const runs = this.#filter === 'live' ? all.filter(({ state }) => isLive(state)) : all
    const chosen = this.chosen
    const several = new Set(all.map(({ path, id }) => path.slice(0, -id.length))).size > 1
    return (
      <>
        <div className="jp-selma-Runs-toolbar">
          <h2>{trans.__('Runs')}</h2>
          <select
            aria-label={trans.__('Which runs are listed')}
            value={this.#filter}
            onChange={(event) => {
              this.#filter = event.currentTarget.value as 'all' | 'live'
              this.update()
            }}
          >
            <option value="all">{trans.__('all')}</option>
            <option value="live">{trans.__('active')}</option>
          </select>
          <button
            type="button"
            className="jp-selma-Runs-button"
            title={trans.__('Tick the runs to compare')}
            aria-disabled={chosen.length === 0 || undefined}
            onClick={() => chosen.length > 0 && execute('selma:compare-runs', { paths: chosen })}
          >
            <compareIcon.react tag="span" elementSize="normal" />
            {chosen.length > 0 ? trans.__('Compare %1', chosen.length) : trans.__('Compare')}
          </button>
          <button
            type="button"
            className="jp-selma-Runs-button"
            title={trans.__('Look again')}
            aria-label={trans.__('Look again')}
            onClick={() => void this.refresh()}
          >
            <refreshIcon.react tag="span" elementSize="normal" />
          </button>
        </div>
        <div role="status" className="jp-selma-Runs-news">
          {this.#news}
        </div>
        {this.#problem && (
          <p role="alert" className="jp-selma-Runs-error">
            {this.#problem}
          </p>
        )}
        {runs.length === 0 && this.#looked && !this.#problem && (
          <EmptyList
            trans={trans}
            filtered={all.length > 0}
            folders={folders()}
            blocked={!hiddenShown && folders().some(isHidden)}
          />
        )}
        {runs.length > 0 && (
          <ul className="jp-selma-Runs-list" aria-label={trans.__('Runs')}>
            {runs.map((run) => (
              <RunRow
                key={run.path}
                run={run}
                asked={store.asked(run.path)}
                chosen={this.#chosen.has(run.path)}
                now={store.now()}
                folder={several ? run.path.slice(0, -run.id.length - 1) : undefined}
                trans={trans}
                onChoose={(value) => this.#choose(run.path, value)}
                perform={(command) => execute(command, { paths: [run.path] })}
              />
            ))}
          </ul>
        )}
      </>
    )
  }
}
