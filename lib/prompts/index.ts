// Stage 1 of SELMA: skills, and prompts written for them by a language model.
export type { CompletionRequest, CompletionResponse, LanguageModel } from '../base/completion.ts'
export {
  collectPrompts,
  type GenerateOptions,
  generatePrompts,
  type PromptEvent,
  type PromptSet,
} from './generate.ts'
export { PromptGenerationError } from './generation-error.ts'
export type { GenerationState } from './generation-state.ts'
export { Judge, type JudgeOptions, type RejectReason, rejectReasons, type Verdict } from './judge.ts'
export { type OpenAIOptions, openai } from './openai.ts'
export { type ParsedList, type ParseListOptions, parseList } from './parse-list.ts'
export { completionCost, pricesAsOf } from './prices.ts'
export { type PromptRequestOptions, promptRequest } from './request.ts'
export { type Nearest, RougePool, type RougeScore, rougeL, rougeTokens } from './rouge-l.ts'
export { countWords, type Skill, type SkillOptions, skill } from './skill.ts'
export { embeddedSkills, getSkill, paperSkills, skillNames } from './skills.ts'
