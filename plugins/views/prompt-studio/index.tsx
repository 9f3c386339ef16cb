// The prompt studio's page: the skill, the writing of candidates, what became of each, threshold, statistics, export.
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { CommonAnswer } from '../../../lib/messages/views/common.ts'
import type {
  CandidateRow,
  PromptStudioAnswer,
  PromptStudioMessage,
  PromptStudioState,
} from '../../../lib/messages/views/prompt-studio.ts'
import { type Problem, Problems } from '../shared/failure.tsx'
import { defineView, type Model, useMessages, useTrait, useViewId } from '../shared/model.ts'
import '../shared/theme.css'
import { type Actions, Candidates } from './candidates.tsx'
import { Export } from './export.tsx'
import { SkillForm } from './skill-form.tsx'
import { Statistics } from './statistics.tsx'
import { type Preview, Threshold } from './threshold.tsx'
import { Writing } from './writing.tsx'
import './style.css'

type Message = PromptStudioMessage extends infer One
  ? One extends object
    ? Omit<One, 'version'>
    : never
  : never

const none: ReadonlySet<number> = new Set()

function PromptStudio({ model }: { model: Model<PromptStudioState> }) {
  const title = useTrait(model, 'title')
  const described = useTrait(model, 'described')
  const writing = useTrait(model, 'writing')
  const applied = useTrait(model, 'threshold')
  const counts = useTrait(model, 'counts')
  const exported = useTrait(model, 'exported')
  const canUndo = useTrait(model, 'canUndo')
  const view = useViewId()
  const [rows, setRows] = useState<readonly CandidateRow[]>([])
  const [problem, setProblem] = useState<Problem>()
  const [slider, setSlider] = useState<number>()
  const [preview, setPreview] = useState<Preview>()
  const [exists, setExists] = useState<string>()
  /** The threshold that the kernel judges by now; asked for one at a time, the latest next. */
  const judging = useRef<number | undefined>(undefined)
  const value = slider ?? applied
  const latest = useRef(value)
  latest.current = value

  const send = useCallback((message: Message) => model.send({ version: 1, ...message }), [model])
  const judge = () => {
    if (judging.current !== undefined || latest.current === model.get('threshold')) return
    judging.current = latest.current
    send({ kind: 'preview', view, threshold: latest.current })
  }
  useMessages<PromptStudioState, PromptStudioAnswer | CommonAnswer>(model, (message) => {
    if (message.kind === 'rows') {
      if (message.view !== null && message.view !== view) return
      setRows((old) => {
        const next = old.slice(0, message.total)
        for (const row of message.rows) next[row.at] = row
        return next
      })
      if (message.view === null) {
        setPreview(undefined)
        judge()
      }
    } else if (message.kind === 'preview' && message.view === view) {
      judging.current = undefined
      if (message.threshold === latest.current) setPreview(message)
      else judge()
    } else if (message.kind === 'exists' && message.view === view) setExists(message.path)
    else if (message.kind === 'error') {
      judging.current = undefined
      setProblem({ message: message.message, hint: message.hint })
    }
  })
  useEffect(() => send({ kind: 'open', view }), [send, view])
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was tried belongs to the threshold before
  useEffect(() => {
    setSlider(undefined)
    setPreview(undefined)
  }, [applied])

  const actions = useMemo<Actions>(
    () => ({
      decide: (at, accept) => send({ kind: 'decide', at, accept }),
      edit: (at, text) => send({ kind: 'edit', at, text }),
    }),
    [send],
  )
  // Rows come in pieces: until all are there, a place may be empty.
  const known = useMemo(() => rows.filter(Boolean), [rows])
  const texts = useMemo(() => known.flatMap(({ accepted, text }) => (accepted ? [text] : [])), [known])
  const changes = useMemo(
    () => (preview ? new Set([...preview.accepted, ...preview.rejected]) : none),
    [preview],
  )
  return (
    <section
      class="selma-frame"
      aria-label={title || `Prompt studio for ${described.name}`}
      data-lm-suppress-shortcuts="true"
    >
      <div class="selma-head">
        <h3 class="selma-title">{title || 'Prompt studio'}</h3>
        <Spent model={model} />
      </div>
      <SkillForm
        described={described}
        disabled={writing !== null}
        onSave={(changed) => {
          setProblem(undefined)
          send({ kind: 'skill', ...changed })
        }}
      />
      <Writing model={model} onAsk={() => setProblem(undefined)} />
      <Problems problem={problem} onClose={() => setProblem(undefined)} />
      <div class="ps-body">
        <div class="ps-main">
          <Candidates rows={known} changes={changes} actions={actions} />
          <div class="selma-row ps-tools">
            <button
              type="button"
              class="selma-button"
              disabled={!canUndo}
              onClick={() => send({ kind: 'undo' })}
            >
              Undo
            </button>
            <button
              type="button"
              class="selma-button"
              disabled={writing !== null || counts.candidates === 0}
              onClick={() => send({ kind: 'clear' })}
            >
              Start over
            </button>
          </div>
        </div>
        <div class="ps-side">
          <Threshold
            rows={known}
            applied={applied}
            value={value}
            preview={preview}
            onMove={(threshold) => {
              setSlider(threshold === applied ? undefined : threshold)
              setPreview(undefined)
              latest.current = threshold
              judge()
            }}
            onApply={() => send({ kind: 'threshold', threshold: value })}
          />
          <Statistics texts={texts} />
        </div>
      </div>
      <Export
        skill={described.name}
        accepted={counts.accepted}
        exported={exported}
        kept={model.get('kept')}
        exists={exists}
        onKeep={() => setExists(undefined)}
        onExport={(path, overwrite) => {
          setExists(undefined)
          setProblem(undefined)
          send({ kind: 'export', view, path, overwrite })
        }}
      />
    </section>
  )
}

/** Who writes, and what that has taken. */
function Spent({ model }: { model: Model<PromptStudioState> }) {
  const writer = useTrait(model, 'writer')
  const tokens = useTrait(model, 'tokens')
  const cost = useTrait(model, 'costUSD')
  const shapesOnly = useTrait(model, 'shapesOnly')
  const excluded = useTrait(model, 'excluded')
  const facts = [
    writer.kind === 'llm' ? `written by ${writer.name}` : `written by ${writer.name}, no language model`,
    shapesOnly ? 'only captions of training scenes' : '',
    excluded > 0 ? `${excluded} test ${excluded === 1 ? 'prompt' : 'prompts'} left out` : '',
    writer.kind === 'llm' && tokens > 0 ? `${tokens} tokens` : '',
    writer.kind === 'llm' && cost !== null && cost > 0 ? `${cost.toFixed(4)} US dollars` : '',
  ]
  return <span class="selma-small selma-faint">{facts.filter(Boolean).join(' · ')}</span>
}

export default defineView(PromptStudio, 'prompt-studio')
