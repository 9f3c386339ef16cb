// Says so when the kernel's half of a view does not answer: after a restart of the kernel the view stands in the page
// as before, and front ends do not tell it. It is asked when somebody comes to the view, not all the time.
import { h } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Model } from './model.ts'

/** How long an answer may take, and how long one holds, ms. */
const patience = 6_000
const trust = 1_000

/** Happens to a view's element when a message could not even be sent. */
export const unsent = 'selma-unsent'

const note = 'The kernel does not answer. If it was restarted, run the cell again.'

export function Silence({ model, el }: { model: Model; el: HTMLElement }) {
  const [silent, setSilent] = useState(false)
  useEffect(() => {
    let heard = 0
    let timer: ReturnType<typeof setTimeout> | undefined
    const hear = () => {
      heard = Date.now()
      clearTimeout(timer)
      timer = undefined
      setSilent(false)
    }
    const ask = () => {
      if (timer !== undefined || Date.now() - heard < trust) return
      timer = setTimeout(() => {
        timer = undefined
        setSilent(true)
      }, patience)
      model.send({ version: 1, kind: 'ping' })
    }
    const comings = ['pointerenter', 'focusin'] as const
    const fail = () => {
      clearTimeout(timer)
      timer = undefined
      setSilent(true)
    }
    for (const event of comings) el.addEventListener(event, ask)
    el.addEventListener(unsent, fail)
    model.on('msg:custom', hear)
    return () => {
      clearTimeout(timer)
      for (const event of comings) el.removeEventListener(event, ask)
      el.removeEventListener(unsent, fail)
      model.off('msg:custom', hear)
    }
  }, [model, el])
  return silent ? h('p', { class: 'selma-error', role: 'status' }, note) : null
}
