// The embedded world without its model: scenes, captions, pictures, the reader and judge of pictures,
// and the offline writer.
export { caption, maxCaptionTokens, maxCaptionWords } from './captions.ts'
export {
  answerQuestion,
  type ShapesJudge,
  shapesJudge,
  shareRight,
  strictlyCorrect,
} from './judge.ts'
export { addClutter, layout, type PlacedObject, type PlacedScene, pictureSize, radii } from './layout.ts'
export { type CaptionNoise, type NoiseRates, noisyCaption, noisyScene } from './noisy-captions.ts'
export { parseCaption } from './parse-caption.ts'
export { questionsFor } from './questions.ts'
export { readPicture, type SceneReading, type SeenBlob, type SeenObject } from './read-picture.ts'
export { backgroundValues, colorValues, render } from './render.ts'
export { type ShapeSkill, sampleScene, shapeSkills } from './sample-scene.ts'
export {
  type Background,
  backgrounds,
  type Color,
  colors,
  type Direction,
  directions,
  type Group,
  type NamedSize,
  namedSizes,
  type Relation,
  type Scene,
  type Shape,
  type Size,
  sceneProblem,
  shapes,
  signature,
} from './scene.ts'
export { isHeldOutCombination, type Split, splitOf } from './split.ts'
export { noneChoice, tifaQuestionsFor } from './tifa-questions.ts'
export { captionTokens, captionWords, type Wordings } from './wordings.ts'
export { type OfflineWriterOptions, offlineWriter } from './writer.ts'
