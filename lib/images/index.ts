// Stage 2: pictures from prompts.
export type { Choice } from './choose.ts'
export { type ImagesResult, type ImagesSettings, imagesStage } from './stage.ts'
