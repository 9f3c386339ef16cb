import { createHmac, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Decoder, encode, sign, WireError } from '../../../kernel/wire/frames.ts'
import { encodeJson, newHeader } from '../../../kernel/wire/message.ts'
import { Random } from '../../../lib/base/random.ts'

const key = 'a-key'

function frames(content: Record<string, unknown> = { code: '1' }): Uint8Array[] {
  const header = newHeader('execute_request', randomUUID())
  return encode(
    { identities: [Buffer.from('who')], header, content, buffers: [Buffer.from([1, 2, 255])] },
    key,
  )
}

describe('frames', () => {
  it('come back as the message that went in', () => {
    const header = newHeader('comm_msg', 'session')
    const parent = newHeader('execute_request', 'other')
    const buffers = [Buffer.from([0, 255]), Buffer.alloc(0)]
    const identities = [Buffer.from([0, 1, 2])]
    const sent = { identities, header, parent, metadata: { m: 1 }, content: { text: 'äöü 🎉' }, buffers }
    expect(new Decoder(key).decode(encode(sent, key))).toEqual(sent)
  })

  it('are signed with HMAC-SHA256 over the four dictionaries', () => {
    const [, delimiter, signature, ...rest] = frames()
    const hmac = createHmac('sha256', key)
    for (const one of rest.slice(0, 4)) hmac.update(one)
    expect(Buffer.from(delimiter).toString()).toBe('<IDS|MSG>')
    expect(Buffer.from(signature).toString()).toBe(hmac.digest('hex'))
  })

  // The vector of RFC 4231, test case 2.
  it('are signed as RFC 4231 says', () => {
    expect(sign('Jefe', [Buffer.from('what do ya '), Buffer.from('want for nothing?')])).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
  })

  it('without a key are neither signed nor checked', () => {
    const sent = encode({ header: newHeader('x', 's'), content: {} }, '')
    expect(Buffer.from(sent[1]).toString()).toBe('')
    const decoder = new Decoder('')
    expect(decoder.decode(sent).header.msg_type).toBe('x')
    expect(decoder.decode(sent).header.msg_type).toBe('x')
  })
})

describe('a message is refused', () => {
  const refused = (change: (all: Uint8Array[]) => Uint8Array[], why: string) =>
    expect(() => new Decoder(key).decode(change(frames()))).toThrow(why)

  it('with another key', () => {
    expect(() => new Decoder('other').decode(frames())).toThrow('wrong signature')
  })
  it('with one changed byte', () => {
    refused((all) => {
      all[6] = Buffer.from('{"code":"2"}')
      return all
    }, 'wrong signature')
  })
  it('with a signature of another length', () => {
    refused((all) => all.with(2, Buffer.from('abc')), 'wrong signature')
  })
  it('the second time', () => {
    const decoder = new Decoder(key)
    const all = frames()
    decoder.decode(all)
    expect(() => decoder.decode(all)).toThrow('seen before')
  })
  it('without a delimiter', () => refused((all) => all.slice(2), 'no <IDS|MSG>'))
  it('with too few frames', () => refused((all) => all.slice(0, 5), 'only 3 frames'))

  const signed = (parts: (string | Uint8Array)[]) => {
    const dictionaries = parts.map((one) => Buffer.from(one as string))
    return [Buffer.from('<IDS|MSG>'), Buffer.from(sign(key, dictionaries)), ...dictionaries]
  }
  const header = JSON.stringify(newHeader('x', 's'))
  it.each([
    ['that is not JSON', ['{', '{}', '{}', '{}'], 'header is not JSON'],
    [
      'with content that is not UTF-8',
      [header, '{}', '{}', new Uint8Array([0x22, 0xff, 0x22])],
      'content is not JSON',
    ],
    ['with a list for content', [header, '{}', '{}', '[]'], 'content is not a dictionary'],
    ['with null for metadata', [header, '{}', 'null', '{}'], 'metadata is not a dictionary'],
    ['without a msg_id', ['{"msg_type":"x","session":"s"}', '{}', '{}', '{}'], 'no msg_id'],
    [
      'with a number for msg_type',
      ['{"msg_id":"1","msg_type":1,"session":"s"}', '{}', '{}', '{}'],
      'no msg_type',
    ],
  ])('%s', (_name, parts, why) => {
    expect(() => new Decoder(key).decode(signed(parts as string[]))).toThrow(why)
  })
})

describe('fuzz', () => {
  const random = new Random(7)
  const below = (n: number) => Math.floor(random.float() * n)

  function mutate(all: Uint8Array[]): Uint8Array[] {
    const out = all.map((one) => Buffer.from(one))
    for (let times = 1 + below(3); times > 0; times--) {
      const at = below(out.length)
      const kind = below(6)
      if (kind === 0) out.splice(at, 1)
      else if (kind === 1) out.splice(at, 0, Buffer.from(out[below(out.length)] ?? []))
      else if (kind === 2 && out[at]?.length) out[at][below(out[at].length)] ^= 1 << below(8)
      else if (kind === 3 && out[at]) out[at] = out[at].subarray(0, below(out[at].length + 1))
      else if (kind === 4) out[at] = Buffer.from(Array.from({ length: below(40) }, () => below(256)))
      else out.reverse()
      if (out.length === 0) break
    }
    return out
  }

  it.each([
    ['signed', key],
    ['unsigned', ''],
  ])('%s: 3,000 mutations give a message or a WireError', (_name, secret) => {
    let refusals = 0
    for (let round = 0; round < 3000; round++) {
      const mutated = mutate(frames({ code: 'x'.repeat(below(20)), n: round }))
      try {
        const message = new Decoder(secret).decode(mutated)
        expect(typeof message.header.msg_type).toBe('string')
      } catch (error) {
        expect(error).toBeInstanceOf(WireError)
        refusals++
      }
    }
    expect(refusals).toBeGreaterThan(1000)
  })

  it('deep nesting does not break the decoder', () => {
    const deep = `{"a":${'['.repeat(200_000)}`
    const parts = ['{}', '{}', '{}', deep].map((one) => Buffer.from(one))
    expect(() => new Decoder('').decode([Buffer.from('<IDS|MSG>'), Buffer.alloc(0), ...parts])).toThrow(
      WireError,
    )
  })
})

it('JSON is valid UTF-8 whatever strings hold', () => {
  const half = '\ud83c'
  expect(JSON.parse(encodeJson({ text: `a${half}b`, ok: '🎉', escaped: '\\ud83c' }))).toEqual({
    text: 'a\ufffdb',
    ok: '🎉',
    escaped: '\\ud83c',
  })
  expect(() => encodeJson({ n: 1n })).toThrow(TypeError)
})
