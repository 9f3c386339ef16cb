// Stage 4, merging: what the other floors may use.
export {
  type LayerStats,
  type LoraDifference,
  loraDifference,
  loraStats,
  mergeDifference,
  pairwiseCosine,
} from './compare.ts'
export { checkExperts, type MergeInfo, merge, mergeInfo } from './merge.ts'
export {
  type MaskSite,
  type MergeMethod,
  type MergeOptions,
  mergeMethods,
  releasedWeight,
} from './options.ts'
export { signConflict } from './sign-conflict.ts'
