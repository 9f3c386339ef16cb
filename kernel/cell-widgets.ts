// What the widgets put in scope of every cell: `widgets` with all controls, and the helpers that are used most.
// Loaded when a cell first mentions one of them.

export * as widgets from './widgets/index.ts'
export { interact, interactive, ProgressBar, track } from './widgets/index.ts'
