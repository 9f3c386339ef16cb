// The small parts of the message loop, by themselves.
import { describe, expect, it } from 'vitest'
import { kernelInfo } from '../../../kernel/jupyter/kernel-info.ts'
import { toCharacters, toUtf16 } from '../../../kernel/jupyter/offsets.ts'
import { pageRequest } from '../../../kernel/jupyter/pager.ts'
import { IopubPublisher } from '../../../kernel/jupyter/publisher.ts'
import { Parents } from '../../../kernel/jupyter/request.ts'
import { newHeader } from '../../../kernel/wire/message.ts'

describe('offsets', () => {
  it('count characters on one side and UTF-16 units on the other', () => {
    const text = 'a🎉b𝒳'
    expect([0, 1, 2, 3, 4, 9].map((at) => toUtf16(text, at))).toEqual([0, 1, 3, 4, 6, 6])
    expect([0, 1, 3, 4, 6, 9].map((at) => toCharacters(text, at))).toEqual([0, 1, 2, 3, 4, 4])
    expect(toUtf16(text, -3)).toBe(0)
  })
})

describe('printed text', () => {
  function collect() {
    const sent: string[] = []
    const iopub = new IopubPublisher((kind, parent, content) => {
      const { text, name } = content as { text?: string; name?: string }
      sent.push(`${parent.msg_id}:${name ?? kind}:${text ?? ''}`)
    })
    return { sent, iopub }
  }
  const [a, b] = [
    { ...newHeader('x', 's'), msg_id: 'a' },
    { ...newHeader('x', 's'), msg_id: 'b' },
  ]

  it('goes out together while nothing else comes between, and in order', () => {
    const { sent, iopub } = collect()
    iopub.stream(a, 'stdout', '1')
    iopub.stream(a, 'stdout', '2')
    iopub.stream(a, 'stderr', '3')
    iopub.stream(b, 'stderr', '4')
    iopub.stream(b, 'stderr', '5')
    iopub.publish('display_data', a, {})
    iopub.stream(a, 'stdout', '6')
    expect(sent).toEqual(['a:stdout:12', 'a:stderr:3', 'b:stderr:45', 'a:display_data:'])
    iopub.flush()
    iopub.flush()
    expect(sent.at(-1)).toBe('a:stdout:6')
    expect(sent).toHaveLength(5)
  })

  it('does not wait for ever, nor until it is huge', async () => {
    const { sent, iopub } = collect()
    iopub.stream(a, 'stdout', 'x')
    expect(sent).toEqual([])
    await expect.poll(() => sent).toEqual(['a:stdout:x'])
    iopub.stream(a, 'stdout', 'y'.repeat(1_000_000))
    expect(sent[1]).toHaveLength(1_000_009)
  })
})

it('headers of requests are kept for late output, the latest ones', () => {
  const parents = new Parents(2)
  for (const id of ['1', '2', '3']) parents.add({ ...newHeader('x', 's'), msg_id: id })
  expect(parents.get('3')).toMatchObject({ msg_id: '3', msg_type: 'x' })
  expect(parents.get('1')).toEqual({ msg_id: '1' })
  expect(parents.get('')).toEqual({})
})

it.each([
  ['Math.max?', { name: 'Math.max', detail: 0 }],
  ['?x', { name: 'x', detail: 0 }],
  [' größe?? ', { name: 'größe', detail: 1 }],
  ['x', undefined],
  ['a ? b : c', undefined],
  ['x? y', undefined],
])('%j asks for %j', (code, expected) => {
  expect(pageRequest(code)).toEqual(expected)
})

it('the kernel says what it is', () => {
  expect(kernelInfo()).toMatchObject({
    status: 'ok',
    protocol_version: '5.4',
    implementation: 'selma',
    language_info: {
      name: 'typescript',
      file_extension: '.ts',
      version: expect.stringMatching(/^5\.9\.\d+$/),
    },
    supported_features: [],
  })
})
