// Settings that are being changed in the page: shown at once, sent when the hand rests, given up when the kernel
// has them or refuses them.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { MixSettings } from '../../../lib/messages/views/merge-mixer.ts'

/** How long nothing must change before it is sent, ms. */
const pause = 250

export interface Draft {
  shown: MixSettings
  change(next: MixSettings): void
  /** The kernel refused: what it has is shown again. */
  giveUp(): void
}

export function useDraft(known: MixSettings, send: (settings: MixSettings) => void): Draft {
  const [draft, setDraft] = useState<MixSettings>()
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const sent = useRef<string>(undefined)
  const latest = useRef(send)
  latest.current = send

  useEffect(() => {
    // While something is on its way, what the kernel still says is older than that.
    if (timer.current !== undefined || (sent.current !== undefined && sent.current !== JSON.stringify(known)))
      return
    sent.current = undefined
    setDraft(undefined)
  }, [known])
  useEffect(() => () => clearTimeout(timer.current), [])

  return {
    shown: draft ?? known,
    change(next) {
      setDraft(next)
      clearTimeout(timer.current)
      timer.current = setTimeout(() => {
        timer.current = undefined
        if (JSON.stringify(next) === JSON.stringify(known) && sent.current === undefined)
          return setDraft(undefined)
        sent.current = JSON.stringify(next)
        latest.current(next)
      }, pause)
    },
    giveUp() {
      if (timer.current !== undefined) return
      sent.current = undefined
      setDraft(undefined)
    },
  }
}
