import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { pipelineFiles } from '../../lib/hub/index.ts'

/** What a repository in diffusers' layout holds, with everything that is to be left alone. */
const sd15 = [
  '.gitattributes',
  'README.md',
  'model_index.json',
  'v1-5-pruned-emaonly.safetensors',
  'v1-5-pruned.ckpt',
  'feature_extractor/preprocessor_config.json',
  'safety_checker/config.json',
  'safety_checker/model.safetensors',
  'safety_checker/pytorch_model.bin',
  'scheduler/scheduler_config.json',
  'text_encoder/config.json',
  'text_encoder/model.fp16.safetensors',
  'text_encoder/model.safetensors',
  'text_encoder/pytorch_model.bin',
  'text_encoder/model.onnx',
  'text_encoder/flax_model.msgpack',
  'tokenizer/merges.txt',
  'tokenizer/special_tokens_map.json',
  'tokenizer/tokenizer_config.json',
  'tokenizer/vocab.json',
  'unet/config.json',
  'unet/diffusion_pytorch_model.bin',
  'unet/diffusion_pytorch_model.fp16.bin',
  'unet/diffusion_pytorch_model.fp16.safetensors',
  'unet/diffusion_pytorch_model.non_ema.safetensors',
  'unet/diffusion_pytorch_model.safetensors',
  'vae/config.json',
  'vae/diffusion_pytorch_model.fp16.safetensors',
  'vae/diffusion_pytorch_model.safetensors',
]
const common = [
  'model_index.json',
  'scheduler/scheduler_config.json',
  'text_encoder/config.json',
  'tokenizer/merges.txt',
  'tokenizer/special_tokens_map.json',
  'tokenizer/tokenizer_config.json',
  'tokenizer/vocab.json',
  'unet/config.json',
  'vae/config.json',
]
const weights = (mark = '', folders = ['text_encoder', 'unet', 'vae']) =>
  folders.map((folder) =>
    folder.startsWith('text')
      ? `${folder}/model${mark}.safetensors`
      : `${folder}/diffusion_pytorch_model${mark}.safetensors`,
  )
const listing = (paths: readonly string[]) => paths.map((path) => ({ path, size: 1 }))
const choose = (paths: readonly string[], options = {}) => pipelineFiles(listing(paths), options)
const without = (pattern: RegExp, paths = sd15) => paths.filter((path) => !pattern.test(path))

describe('the files of a pipeline', () => {
  it('are configs, tokenizer, scheduler and full weights, and nothing else', () => {
    const found = choose(sd15)
    expect(found.files.toSorted()).toEqual([...common, ...weights()].sort())
    expect(found.weights).toEqual({
      text_encoder: ['text_encoder/model.safetensors'],
      unet: ['unet/diffusion_pytorch_model.safetensors'],
      vae: ['vae/diffusion_pytorch_model.safetensors'],
    })
    expect(found.variants).toEqual({ text_encoder: undefined, unet: undefined, vae: undefined })
  })

  it.each([[{ variant: 'fp16' }], [{ dtype: 'float16' }]])('in half precision: %j', (options) => {
    expect(choose(sd15, options).files.toSorted()).toEqual([...common, ...weights('.fp16')].sort())
  })

  it('mix where a component lacks the variant, as diffusers does', () => {
    const found = choose(sd15, { variant: 'non_ema' })
    expect(found.variants).toEqual({ unet: 'non_ema', vae: undefined, text_encoder: undefined })
    expect(found.files).toContain('unet/diffusion_pytorch_model.non_ema.safetensors')
  })

  it('are the full ones where the dtype has no variant', () => {
    expect(choose(sd15, { dtype: 'bfloat16' }).files).toEqual(choose(sd15).files)
  })

  it('of SDXL have the second text encoder and its tokenizer', () => {
    const second = sd15
      .filter((path) => /^(text_encoder|tokenizer)\//.test(path))
      .map((path) => path.replace('/', '_2/'))
    const found = choose([...sd15, ...second])
    expect(found.weights.text_encoder_2).toEqual(['text_encoder_2/model.safetensors'])
    expect(found.files).toContain('tokenizer_2/vocab.json')
  })

  it('take tokenizer.json in place of vocabulary and merges', () => {
    const files = [...without(/^tokenizer\//), 'tokenizer/tokenizer.json']
    expect(choose(files).files.filter((path) => path.startsWith('tokenizer/'))).toEqual([
      'tokenizer/tokenizer.json',
    ])
  })
})

describe('weights in parts', () => {
  const parts = (mark: string, older = '') =>
    [1, 2].map((n) => `unet/diffusion_pytorch_model${mark}-0000${n}-of-00002${older}.safetensors`)
  const rest = without(/^unet\/diffusion/)

  it.each([
    ['', parts(''), 'unet/diffusion_pytorch_model.safetensors.index.json', {}],
    ['fp16', parts('.fp16'), 'unet/diffusion_pytorch_model.safetensors.index.fp16.json', { variant: 'fp16' }],
    [
      'fp16, older',
      parts('', '.fp16'),
      'unet/diffusion_pytorch_model.safetensors.fp16.index.json',
      { variant: 'fp16' },
    ],
  ])('come with their index, in order: %s', (_, shards, index, options) => {
    const found = choose([...rest, index, ...shards.toReversed()], options)
    expect(found.weights.unet).toEqual(shards)
    expect(found.files).toContain(index)
  })

  it('are passed over where there is one file', () => {
    const index = 'unet/diffusion_pytorch_model.safetensors.index.json'
    expect(choose([...sd15, index, ...parts('')]).files).toEqual(choose(sd15).files)
  })

  it('that are missing are named', () => {
    const index = 'unet/diffusion_pytorch_model.safetensors.index.json'
    expect(() => choose([...rest, index, parts('')[1]])).toThrow('unet lacks part 1 of 2')
    expect(() => choose([...rest, ...parts('')])).toThrow('no index')
  })
})

describe('what cannot be used is said', () => {
  it.each<[string, string[], object, string, string]>([
    [
      'pickles only',
      without(/^unet\/.*safetensors$/),
      {},
      'unsupported',
      'unet has no safetensors, only pickled weights (diffusion_pytorch_model.bin',
    ],
    [
      'a variant only',
      without(/^vae\/diffusion_pytorch_model\.safetensors$/),
      {},
      'not-found',
      'vae has weights as fp16 only',
    ],
    ['no weights', without(/^vae\/diff/), {}, 'not-found', 'no weights of its vae'],
    ['no text encoder', without(/^text_encoder\//), {}, 'not-found', 'no text_encoder/config.json'],
    ['no config', without(/^unet\/config/), {}, 'not-found', 'no unet/config.json'],
    ['no scheduler', without(/^scheduler/), {}, 'not-found', 'no scheduler/scheduler_config.json'],
    ['half a tokenizer', without(/merges/), {}, 'not-found', 'no tokenizer/tokenizer.json'],
    ['no such variant', sd15, { variant: 'int8' }, 'bad-input', 'the variant "int8"'],
    ['no such dtype', sd15, { dtype: 'float8' }, 'bad-input', 'float8'],
    [
      'a single file',
      ['model.safetensors', 'old.ckpt'],
      {},
      'unsupported',
      'only single files (model.safetensors, old.ckpt)',
    ],
    [
      'a transformer',
      sd15.map((path) => path.replace('unet/', 'transformer/')),
      {},
      'unsupported',
      'a transformer',
    ],
    ['nothing', [], {}, 'unsupported', 'no model_index.json'],
  ])('%s', (_, files, options, code, message) => {
    const call = () => choose(files, options)
    expect(call).toThrow(expect.objectContaining({ name: 'SelmaError', code }))
    expect(call).toThrow(message)
  })

  it('a LoRA is told from a model', () => {
    expect(() => choose(['pytorch_lora_weights.safetensors'])).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('LoRA') }),
    )
  })
})

it('whatever is listed, what is chosen is listed, and no pickle', () => {
  const random = new Random(3)
  const odd = [
    'unet/../x.safetensors',
    '__proto__',
    'unet/',
    'vae/constructor',
    'unet/diffusion_pytorch_model.x.y.safetensors',
  ]
  let chosen = 0
  for (let i = 0; i < 300; i++) {
    const files = random.shuffle([...sd15.filter(() => random.chance(0.97)), ...random.sample(odd, 2)])
    try {
      const found = choose(files, random.pick([{}, { variant: 'fp16' }, { dtype: 'float16' }]))
      chosen++
      expect(
        found.files.filter((path) => !files.includes(path) || /\.(bin|ckpt|onnx|msgpack)$/.test(path)),
      ).toEqual([])
      expect(new Set(found.files).size).toBe(found.files.length)
    } catch (error) {
      expect(error).toMatchObject({ name: 'SelmaError' })
    }
  }
  expect(chosen).toBeGreaterThan(50)
})
