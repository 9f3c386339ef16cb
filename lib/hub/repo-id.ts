// Names of repositories, revisions and files, as people type them and as a server sends them. Checked
// here because all three become parts of paths and addresses. Not for data sets and spaces: models only.
import { fail } from '../base/errors.ts'

export interface RepoName {
  /** `organisation/name`. */
  repo: string
  /** Branch, tag, `refs/pr/1` or commit; undefined when none was named. */
  revision: string | undefined
}

const part = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?$/

/**
 * Reads `organisation/name` or `organisation/name@revision`; the rules are those of huggingface_hub.
 *
 * @throws SelmaError `bad-input` with what is wrong with the name
 */
export function parseRepoId(text: string): RepoName {
  const given = JSON.stringify(typeof text === 'string' ? text.slice(0, 200) : text)
  const hint = "give 'organisation/name' or 'organisation/name@revision', as in the model page's address"
  if (typeof text !== 'string') fail('bad-input', `${given} is no name of a repository`, hint)
  const at = text.indexOf('@')
  const repo = at < 0 ? text : text.slice(0, at)
  const parts = repo.split('/')
  if (/^https?:/i.test(text)) fail('bad-input', `${given} is an address, not a name`, hint)
  if (/^(models|datasets|spaces)$/.test(parts[0]) && parts.length > 2)
    fail('bad-input', `${given} names ${parts[0]}/…`, hint)
  if (parts.length !== 2)
    fail('bad-input', `${given} is no name of a repository: it has ${parts.length - 1} slashes`, hint)
  if (repo.length > 96) fail('bad-input', `${given} is longer than 96 characters`, hint)
  if (!parts.every((name) => part.test(name)) || /--|\.\./.test(repo) || repo.endsWith('.git'))
    fail(
      'bad-input',
      `${given} is no name of a repository`,
      `${hint}: letters, digits and single . _ - inside; no '--', no '..', no '.git' at the end`,
    )
  return { repo, revision: at < 0 ? undefined : checkRevision(text.slice(at + 1)) }
}

/**
 * A branch, tag or commit, by git's rules for names.
 *
 * @throws SelmaError `bad-input`
 */
export function checkRevision(revision: string): string {
  const ok =
    typeof revision === 'string' &&
    /^[A-Za-z0-9_][A-Za-z0-9_./+-]{0,199}$/.test(revision) &&
    !/\.\.|\/\/|\/\.|\.\/|\.lock(\/|$)|[./]$/.test(revision)
  if (!ok)
    fail(
      'bad-input',
      `${JSON.stringify(revision)} is no revision`,
      "give a branch such as 'main', a tag, or a commit of 40 hexadecimal digits",
    )
  return revision
}

/** True for a full commit id, which never means anything else. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision)

/**
 * A file's name inside a repository: relative, with slashes, staying inside on every platform.
 *
 * @throws SelmaError `bad-file` for `..`, absolute names, backslashes, drive letters and control characters
 */
export function checkFileName(name: string, repo: string): string {
  const parts = typeof name === 'string' ? name.split('/') : []
  const bad =
    parts.length === 0 ||
    name.length > 1024 ||
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[\x00-\x1f\x7f\\]/.test(name) ||
    /\p{Surrogate}/u.test(name) ||
    parts.some((piece) => piece === '' || piece === '.' || piece === '..' || /^[A-Za-z]:/.test(piece))
  if (bad)
    fail(
      'bad-file',
      `${repo} lists a file named ${JSON.stringify(name)?.slice(0, 200)}, which could point outside its folder`,
      'nothing was written for it; ask the owner of the repository to rename the file',
    )
  return name
}
