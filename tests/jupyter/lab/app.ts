// The part of JupyterLab's `window.jupyterapp` (LabApp.expose_app_in_browser) that the tests call inside the page.
// Only types: what is here exists in the browser.

export interface Output {
  output_type: string
  name?: string
  text?: string
  data?: Record<string, string>
  ename?: string
  evalue?: string
  traceback?: string[]
  execution_count?: number | null
}

interface Cell {
  model: {
    type: string
    executionCount?: number | null
    outputs?: { toJSON(): Output[] }
    sharedModel: { getSource(): string; setSource(text: string): void }
  }
  outputArea?: { future: { done: Promise<unknown> } | null }
}

export interface KernelInfo {
  implementation: string
  banner: string
}

export interface NotebookPanel {
  id: string
  context: {
    path: string
    ready: Promise<void>
    save(): Promise<void>
    sessionContext: {
      ready: Promise<void>
      session: {
        kernel: {
          id: string
          name: string
          status: string
          info: Promise<KernelInfo>
          interrupt(): Promise<void>
        } | null
      } | null
    }
  }
  content: { widgets: Cell[]; activeCellIndex: number }
}

export interface JupyterApp {
  restored: Promise<void>
  commands: { execute(id: string, args?: object): Promise<unknown>; hasCommand(id: string): boolean }
  shell: {
    currentWidget: unknown
    widgets(area: string): Iterable<{ id: string; dispose(): void }>
    activateById(id: string): void
  }
}

declare global {
  interface Window {
    jupyterapp: JupyterApp
  }
}
