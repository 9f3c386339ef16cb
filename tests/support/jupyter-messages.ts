// What the tests' Jupyter client sends and collects. Only types.

// biome-ignore lint/suspicious/noExplicitAny: what a kernel sends is what the tests are to find out
export type Content = Record<string, any>
export interface ClientMessage {
  channel: string
  header: Content
  parent: Content
  metadata: Content
  content: Content
  buffers: Buffer[]
}
export interface KernelOptions {
  /** The Node that runs the kernel; default `SELMA_KERNEL_NODE`, else this one. */
  node?: string
  cwd?: string
  /** Without the library in scope: completion then is quicker to start. */
  bare?: boolean
  env?: Record<string, string | undefined>
}

export interface Execution {
  id: string
  reply: Content
  /** What came on IOPub for it, states left out. */
  outputs: ClientMessage[]
  /** All text on one stream. */
  text(name?: 'stdout' | 'stderr'): string
  /** `text/plain` of the result. */
  result: string | undefined
}
