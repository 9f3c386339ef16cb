// The cache is Python's, too: huggingface_hub finds what was downloaded here, and the other way round. Needs
// a Python with tests/golden/requirements.txt, named by SELMA_PYTHON (default python3).
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { hashFile } from '../../lib/base/files.ts'
import { downloadSnapshot } from '../../lib/hub/index.ts'
import { content, hubSetup, repoName, weights, weightsName } from '../support/hub-download.ts'
import { sha256Of } from '../support/hub-server.ts'

async function python(code: string, env: Record<string, string>): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.env.SELMA_PYTHON ?? 'python3', ['-c', code], {
    env: { PATH: process.env.PATH, HF_HUB_DISABLE_PROGRESS_BARS: '1', HF_HUB_DISABLE_TELEMETRY: '1', ...env },
  })
  return JSON.parse(stdout.trim().split('\n').at(-1)!)
}

describe('one cache for both', () => {
  it('what was downloaded here is read by huggingface_hub', async () => {
    const { repo, options, cacheDir } = await hubSetup()
    const { folder } = await downloadSnapshot(options)
    const found = await python(
      `
import json
from huggingface_hub import scan_cache_dir, snapshot_download, try_to_load_from_cache
from huggingface_hub.errors import IncompleteSnapshotError
def whole():
    try: return snapshot_download('${repoName}')
    except IncompleteSnapshotError: return 'incomplete'
scan = scan_cache_dir()
print(json.dumps({
  'file': try_to_load_from_cache('${repoName}', '${weightsName}'),
  'none': try_to_load_from_cache('${repoName}', 'README.md'),
  'part': snapshot_download('${repoName}', allow_patterns=['*.safetensors', 'model_index.json']),
  'whole': whole(),
  'warnings': [str(w) for w in scan.warnings],
  'repos': [[r.repo_id, r.nb_files, r.size_on_disk, [[v.commit_hash, sorted(v.refs)] for v in r.revisions]] for r in scan.repos],
}))`,
      { HF_HUB_CACHE: cacheDir, HF_HUB_OFFLINE: '1' },
    )
    expect(found).toEqual({
      file: join(folder, weightsName),
      none: null,
      part: folder,
      whole: 'incomplete',
      warnings: [],
      repos: [[repoName, 2, weights.length + content['model_index.json'].length, [[repo.commit, ['main']]]]],
    })
  })

  it('what huggingface_hub downloaded is used here without a request', async () => {
    const { server, options, cacheDir } = await hubSetup()
    const theirs = await python(
      `
import json
from huggingface_hub import snapshot_download
print(json.dumps(snapshot_download('${repoName}', allow_patterns=['*.safetensors', '*.json'])))`,
      { HF_HUB_CACHE: cacheDir, HF_ENDPOINT: server.endpoint },
    )
    const asked = server.requests('/resolve/').length
    const online = await downloadSnapshot(options)
    expect(online).toMatchObject({ folder: theirs, downloaded: 0 })
    expect(server.requests('/resolve/')).toHaveLength(asked)
    server.stop()
    const offline = await downloadSnapshot({
      ...options,
      files: undefined,
      select: (files) => files.map(({ path }) => path).filter((path) => path !== 'README.md'),
      env: { HF_HUB_OFFLINE: '1' },
    })
    expect(offline).toMatchObject({ folder: theirs, source: 'cache' })
    expect(offline.files).toHaveLength(4)
    expect(await hashFile(join(offline.folder, weightsName))).toBe(sha256Of(weights))
  })

  it('both write the same listing of a commit', async () => {
    const listings = await Promise.all(
      [true, false].map(async (here) => {
        const { server, repo, options, cacheDir, folder } = await hubSetup({ files: ['model_index.json'] })
        if (here) await downloadSnapshot(options)
        else
          await python(
            `from huggingface_hub import snapshot_download; snapshot_download('${repoName}', allow_patterns=['model_index.json']); print('1')`,
            { HF_HUB_CACHE: cacheDir, HF_ENDPOINT: server.endpoint },
          )
        return readFile(join(folder, 'trees', `${repo.commit}.json`), 'utf8')
      }),
    )
    expect(listings[0].trim()).toBe(listings[1].trim())
  })
})
