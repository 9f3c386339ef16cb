import MarkdownIt from 'markdown-it'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Random } from '../../lib/base/random.ts'
import { createModelCard, type ModelCard } from '../../lib/hub/index.ts'
import { markdownTable, markdownText, pythonString } from '../../lib/hub/markdown-text.ts'

const card: ModelCard = {
  repo: 'lab/count-lora',
  name: 'count',
  baseModel: 'stable-diffusion-v1-5/stable-diffusion-v1-5',
  summary: 'Counts objects.\n\nUp to five.',
  license: 'creativeml-openrail-m',
  datasets: ['lab/count-pictures', 'not a name'],
  tags: ['counting', 'lora'],
  settings: { rank: 16, learningRate: 3e-4, targets: ['to_q', 'to_v'], unset: undefined },
  scores: [
    {
      metric: 'DSG',
      model: 'base + count',
      mean: 0.61,
      low: 0.58,
      high: 0.64,
      n: 200,
      judge: 'scene reader',
    },
  ],
  samples: [{ file: 'samples/1.png', prompt: 'three red squares', seed: 4 }],
}

const frontMatter = (text: string) => parse(/^---\n([\s\S]*?)\n---\n/.exec(text)![1])

/** Everything on: what a liberal reader of Markdown makes of a text. */
const reader = new MarkdownIt('default', { html: true, linkify: true })

describe('a model card', () => {
  it('has the front matter that the Hub reads', () => {
    expect(frontMatter(createModelCard(card))).toEqual({
      base_model: 'stable-diffusion-v1-5/stable-diffusion-v1-5',
      base_model_relation: 'adapter',
      library_name: 'diffusers',
      pipeline_tag: 'text-to-image',
      tags: ['text-to-image', 'diffusers', 'lora', 'selma', 'counting'],
      license: 'creativeml-openrail-m',
      datasets: ['lab/count-pictures'],
    })
  })

  it('shows pictures, scores with intervals, settings, and how to use it', () => {
    const text = createModelCard(card)
    expect(text).toContain('![three red squares](samples/1.png)\n\nthree red squares (seed 4)')
    expect(text).toContain('| base + count | DSG | 61.0 | 58.0 to 64.0 | 200 | scene reader |')
    expect(text).toContain('| learningRate | 0.0003 |')
    expect(text).not.toContain('unset')
    expect(text).toContain('Counts objects.\n\nUp to five.')
    expect(text).toContain(
      'pipeline.load_lora_weights("lab/count-lora", weight_name="pytorch_lora_weights.safetensors", adapter_name="expert")',
    )
    expect(text).toContain('image = pipeline("three red squares").images[0]')
    expect(text).toContain('await T2I.load("stable-diffusion-v1-5/stable-diffusion-v1-5")')
    const html = reader.render(text.replace(/^---[\s\S]*?\n---\n/, ''))
    expect(html.match(/<h2>/g)).toHaveLength(5)
    expect(html.match(/<table>/g)).toHaveLength(2)
    expect(html.match(/<pre>/g)).toHaveLength(2)
  })

  it('of an embedded base names it in the text, where the Hub does not look', () => {
    const text = createModelCard({ repo: 'lab/x', name: 'x', baseModel: 'shapes' })
    expect(frontMatter(text)).not.toHaveProperty('base_model')
    expect(text).toContain('trained on **shapes**')
    expect(text).not.toContain('## Scores')
  })

  it.each<[Partial<ModelCard>, string]>([
    [{ repo: 'x' }, 'no name of a repository'],
    [{ license: 'MIT License' }, 'license "MIT License"'],
    [{ licenseLink: 'javascript:alert(1)' }, 'license link'],
    [{ samples: [{ file: '../x.png', prompt: '' }] }, '"../x.png"'],
    [{ weightsFile: '/x' }, '"/x"'],
    [{ weight: Number.NaN }, 'weight NaN'],
    [{ scores: [{ ...card.scores![0], low: 0.7 }] }, 'DSG of base + count'],
  ])('is refused for %j', (change, message) => {
    expect(() => createModelCard({ ...card, ...change })).toThrow(message)
  })
})

describe('foreign text', () => {
  const nasty = [
    '<script>alert(1)</script>',
    '[x](javascript:alert(1))',
    '![x](http://e.x/t.png)',
    '**b** _i_ `c` ~~s~~',
    '# h',
    '- l',
    '1. l',
    '> q',
    '---',
    'a | b',
    '```',
    '<!--',
    '&amp;',
    'http://e.x',
    'www.e.x',
    'me@e.x',
    '\\',
    '\\|',
    '$x$',
    '[^1]',
    '+ l',
    '==',
    '2) l',
    '<a@b.c>',
  ]
  const flat = (text: string) => text.replace(/\s+/g, ' ').trim()
  const decoded = (html: string) =>
    html
      .replace(/&lt;/g, '<')
      .replace(/&gt;/g, '>')
      .replace(/&quot;/g, '"')
      .replace(/&amp;/g, '&')

  it('stays text in a paragraph and in a table', () => {
    const random = new Random(2)
    const texts = [...nasty]
    for (let i = 0; i < 300; i++)
      texts.push(random.sample([...nasty, ' ', '\n', 'word', '"', "'"], 4).join(random.pick(['', ' ', '\n'])))
    for (const text of texts.filter((one) => flat(one) !== '')) {
      expect(decoded(reader.render(markdownText(text))), text).toBe(`<p>${flat(text)}</p>\n`)
      const cells = [
        ...reader.render(markdownTable(['a', 'b'], [[text, 'z']])).matchAll(/<td>([\s\S]*?)<\/td>/g),
      ]
      expect(
        cells.map(([, cell]) => decoded(cell)),
        text,
      ).toEqual([flat(text), 'z'])
    }
  })

  it('in every field leaves the card a card', () => {
    for (const text of [...nasty, 'a"b\'c', 'line\n---\nbase_model: evil/evil', '```\nimport os', '\u2028']) {
      const evil: ModelCard = {
        ...card,
        ...{
          name: text,
          summary: text,
          tags: [text],
          settings: { [text]: text },
          prompt: text,
          scoresNote: text,
        },
        scores: [{ ...card.scores![0], metric: text, model: text, judge: text }],
        samples: [{ file: 'samples/a b(1).png', prompt: text }],
        baseModel: text,
      }
      const made = createModelCard(evil)
      expect(frontMatter(made)).not.toHaveProperty('base_model')
      expect(frontMatter(made).tags).toContain(text)
      const html = reader.render(made.replace(/^---[\s\S]*?\n---\n/, ''))
      expect(html.match(/<h[1-6]>/g), text).toHaveLength(6)
      expect(html.match(/<pre>/g), text).toHaveLength(2)
      expect(html, text).not.toMatch(/<script|<a |<!--|javascript:alert\(1\)"/)
      expect(html.match(/<img [^>]*>/g), text).toHaveLength(1)
      expect(html).toContain('src="samples/a%20b%281%29.png"')
    }
  })

  it('is a string in Python', () => {
    expect(pythonString('a"b\\\n\u2028\u0085é')).toBe('"a\\"b\\\\\\n\\u2028\\u0085é"')
  })
})
