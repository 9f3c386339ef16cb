// A page in Chromium that draws a view of this process: what the kernel's half sends goes into the page, what the
// page sends comes back, as comms carry it. Both halves are the real ones; only JupyterLab between them is missing
// (tests/jupyter has that), so that measurements and pictures are of the views alone.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { comms } from '../../../../kernel/comms.ts'
import { splitBuffers } from '../../../../kernel/widgets/buffers.ts'
import type { Widget } from '../../../../kernel/widgets/index.ts'
import { inPackage } from '../../../../lib/base/own-file.ts'
import { findChromium } from '../../../jupyter/lab/chromium.ts'

export interface Bridge {
  page: Page
  /** Errors that the page has logged or thrown. */
  errors: string[]
  /** Draws a widget below what is there, as a cell's output would. */
  show(widget: Widget): Promise<void>
  theme(name: 'light' | 'dark'): Promise<void>
  close(): Promise<void>
}

/** JupyterLab's own variables, from the environment that `npm run lab` makes; none without it. */
async function themeCss(name: 'light' | 'dark'): Promise<string> {
  const path = `share/jupyter/lab/themes/@jupyterlab/theme-${name}-extension/index.css`
  const css = await readFile(join(inPackage('.selma', 'lab'), path), 'utf8').catch(() => '')
  return css.match(/:root\s*{[^}]*}/)?.[0] ?? ''
}

/** Runs in the page: anywidget's model and the call of the module, as short as they can be. */
const script = `
const decode = (text) => { const b = atob(text); const a = new Uint8Array(b.length); for (let i = 0; i < b.length; i++) a[i] = b.charCodeAt(i); return new DataView(a.buffer) }
const models = new Map()
window.selma = {
  async open(id, state) {
    const listeners = new Map()
    const emit = (name, ...args) => { for (const one of [...(listeners.get(name) ?? [])]) one(...args) }
    const model = {
      get: (name) => state[name],
      on: (name, handler) => { (listeners.get(name) ?? listeners.set(name, new Set()).get(name)).add(handler) },
      off: (name, handler) => listeners.get(name)?.delete(handler),
      send: (content) => window.selmaSend(id, content),
    }
    models.set(id, { state, emit })
    const style = document.createElement('style')
    style.textContent = state._css
    document.head.append(style)
    const url = URL.createObjectURL(new Blob([state._esm], { type: 'text/javascript' }))
    const { default: view } = await import(url)
    const el = document.createElement('div')
    document.getElementById('out').append(el)
    return view.render({ model, el })
  },
  message(id, data, buffers) {
    const { state, emit } = models.get(id) ?? {}
    if (!state) return
    if (data.method === 'update') {
      Object.assign(state, data.state)
      for (const name of Object.keys(data.state)) emit('change:' + name)
    } else if (data.method === 'custom') emit('msg:custom', data.content, buffers.map(decode))
  },
}`

export async function openBridge({ width = 1200, height = 900 } = {}): Promise<Bridge> {
  const browser: Browser = await chromium.launch({
    executablePath: findChromium(),
    args: ['--disable-dev-shm-usage'],
  })
  const page = await browser.newPage({ viewport: { width, height }, reducedMotion: 'reduce' })
  const errors: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(error.stack ?? String(error)))
  await page.exposeFunction('selmaSend', (id: string, content: unknown) => {
    comms.get(id)?.receive('message', { data: { method: 'custom', content }, metadata: {}, buffers: [] })
  })
  await page.setContent(
    '<!doctype html><html lang="en"><head><title>views</title><style id="theme"></style><style>body{margin:0;background:var(--jp-layout-color1,#fff)}#out{padding:8px}</style></head><body><main id="out"></main></body></html>',
  )
  await page.evaluate(script)
  // One message after the other, as a socket has them.
  let queue: Promise<unknown> = Promise.resolve()
  comms.transport = (type, { comm_id, data }, { buffers }) => {
    if (type !== 'comm_msg') return
    const message = [
      comm_id,
      structuredClone(data),
      buffers.map((one) => Buffer.from(one).toString('base64')),
    ] as const
    queue = queue
      .then(() =>
        page.evaluate(
          ([id, content, bytes]) =>
            (window as unknown as { selma: { message(...args: unknown[]): void } }).selma.message(
              id,
              content,
              bytes,
            ),
          message as unknown as [string, object, string[]],
        ),
      )
      .catch(() => {})
  }
  const bridge: Bridge = {
    page,
    errors,
    async show(widget) {
      const { state } = splitBuffers(widget.modelState().state)
      await page.evaluate(
        ([id, values]) =>
          (window as unknown as { selma: { open(...args: unknown[]): Promise<unknown> } }).selma
            .open(id, values)
            .then(() => undefined),
        [widget.model_id, state] as const,
      )
    },
    async theme(name) {
      const css = await themeCss(name)
      await page.evaluate(
        ([text, light]) => {
          ;(document.getElementById('theme') as HTMLElement).textContent = text
          document.body.dataset.jpThemeLight = light
          document.body.dataset.jpThemeName = light
        },
        [css, String(name === 'light')] as const,
      )
    },
    async close() {
      comms.transport = undefined
      await browser.close()
    },
  }
  await bridge.theme('light')
  return bridge
}
