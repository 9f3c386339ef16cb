// Widgets for cells: Jupyter's standard controls, AnyWidget, links, `interact` and progress. Importing this
// makes the process answer what pages ask about widgets.
import { listenToPage } from './models.ts'

export { type Abbreviation, type ArgumentOf, fixed } from './abbreviations.ts'
export { AnyWidget, type AnyWidgetOptions, type Command, type CommandReply } from './anywidget.ts'
export type { UploadedFile } from './controls.ts'
export { DOMWidget } from './dom-widget.ts'
export * from './generated.ts'
export type { Change, WidgetOptions } from './has-traits.ts'
export {
  type Call,
  Interaction,
  Interactive,
  type InteractOptions,
  interact,
  interactive,
} from './interact.ts'
export { dlink, jsdlink, jslink, type Linked, link } from './links.ts'
export { closeAll, widgetState } from './models.ts'
export { ProgressBar, type ProgressOptions, track } from './progress.ts'
export type { Choices } from './selection.ts'
export type { TimeOfDay } from './times.ts'
export {
  BlindComparison,
  type BlindComparisonOptions,
  blindComparison,
} from './views/blind-comparison.ts'
export { type ImageGridOptions, ImageGridView, imageGrid } from './views/image-grid.ts'
export { MergeMixer, type MergeMixerOptions, mergeMixer } from './views/merge-mixer.ts'
export type { PictureSource } from './views/picture-source.ts'
export { PromptStudio, type PromptStudioOptions, promptStudio } from './views/prompt-studio.ts'
export { TrainingMonitor, type TrainingMonitorOptions, trainingMonitor } from './views/training-monitor.ts'
export { type MessageHandler, Widget } from './widget.ts'

listenToPage()
