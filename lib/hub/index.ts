// The Hugging Face Hub: models into the cache that Python shares, experts up to the Hub.
export type { HubFile } from './cache.ts'
export type { DownloadProgress } from './fetch-missing.ts'
export { HubError } from './hub-error.ts'
export { type PipelineFiles, type PipelineOptions, pipelineFiles } from './pipeline-files.ts'
export { parseRepoId, type RepoName } from './repo-id.ts'
export type { Clock, HubOptions } from './settings.ts'
export { type DownloadOptions, downloadSnapshot, type Snapshot } from './snapshot.ts'
