// The shapes of what a running cell sends, as Jupyter's messages and nbformat name them.
// Only types: who collects them is `output-area.ts` (a file) or the message loop (a browser).

/** One value in several representations, by MIME type; bytes are base64 strings. */
export type MimeBundle = Record<string, unknown>

/** An error as Jupyter shows it. `traceback` is lines of text without markup. */
export interface CellError {
  ename: string
  evalue: string
  traceback: string[]
}

export interface StreamOutput {
  output_type: 'stream'
  name: 'stdout' | 'stderr'
  text: string
}

export interface DisplayOutput {
  output_type: 'display_data' | 'update_display_data'
  data: MimeBundle
  metadata: Record<string, unknown>
  transient: { display_id: string }
}

export interface ResultOutput {
  output_type: 'execute_result'
  execution_count: number
  data: MimeBundle
  metadata: Record<string, unknown>
}

export interface ErrorOutput extends CellError {
  output_type: 'error'
}

export interface ClearOutput {
  output_type: 'clear_output'
  /** Clear only when the next output comes. */
  wait: boolean
}

/** What a cell sends while it runs, and after. */
export type Output = StreamOutput | DisplayOutput | ResultOutput | ErrorOutput | ClearOutput

/** Which cell an output belongs to. */
export interface CellRef {
  id: string
  executionCount: number
}

/** Receives outputs synchronously, in the order in which the cell made them. */
export type OutputListener = (output: Output, cell: CellRef) => void

/** How a cell ended. */
export interface ExecuteReply {
  status: 'ok' | 'error'
  executionCount: number
  /** The value of the last expression, unless it was undefined. */
  result?: MimeBundle
  error?: CellError
}
