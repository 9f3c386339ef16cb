// Training and drawing on ONNX Runtime's WebGPU provider against the CPU's, without a GPU: on SwiftShader, the software
// Vulkan driver that comes with Chromium. What is compared is the numbers, not the time.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { openCheckpoint } from '../../lib/diffusion/checkpoint.ts'
import { TextToImagePipeline } from '../../lib/diffusion/pipeline.ts'
import { type WeightDtype, weightDtypes } from '../../lib/diffusion/weights.ts'
import { loraGraph, trainOptions } from '../../lib/experts/index.ts'
import { loraTrainingProgram } from '../../lib/experts/lora-training.ts'
import { type Provider, resolveDevice, Trainer } from '../../lib/runtime/index.ts'
import { goldenPath, relativeError } from '../support/golden.ts'

const driver = '/usr/lib/chromium/vk_swiftshader_icd.json'

function whyNot(): string | undefined {
  if (process.platform !== 'linux') return 'SwiftShader is looked for on Linux only'
  if (!existsSync(driver)) return "Debian's Chromium, which has SwiftShader, is not installed"
  const libraries = execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' })
  return libraries.includes('libvulkan.so.1') ? undefined : 'libvulkan1 is not installed'
}

const reason = whyNot()
const titled = (name: string): string => (reason ? `${name} (skipped: ${reason})` : name)
// Of this process and those that it starts.
if (!reason) process.env.VK_ICD_FILENAMES = driver

// Of rank 16 the layers' weights are summed with their factors first, of rank 4 they are not.
it.skipIf(reason !== undefined).each([4, 16])(
  titled('a LoRA training step of rank %i on WebGPU equals the CPU’s'),
  async (rank) => {
    const checkpoint = await openCheckpoint(goldenPath('tiny-sd'))
    const { in_channels: channels, sample_size: size } = checkpoint.unet.config
    const { max_position_embeddings: tokens, hidden_size: width } = checkpoint.textEncoder.config
    const batch = 2
    const shape = { batch, latent: [channels, size, size], text: [tokens, width] } as const
    const options = trainOptions.parse({ rank, batch, steps: 1, maxGradNorm: 1 })
    const lora = loraGraph(checkpoint, shape, options)
    const random = new Random(3)
    const factors = random.normals(lora.layout.length).map((value) => value * 0.1)
    const numbers = batch * channels * size * size
    const feeds = {
      sample: random.normals(numbers),
      target: random.normals(numbers),
      timesteps: Float32Array.of(7, 500),
      text: random.normals(batch * tokens * width),
    }
    const stepOn = async (provider: Provider) => {
      const program = loraTrainingProgram(checkpoint, shape, lora, options, provider)
      const trainer = await Trainer.create(program, lora.layout, factors.slice(), { provider })
      const { loss, gradientNorm } = await trainer.step(feeds, { learningRate: 1e-3 })
      // After one step AdamW's first moment is the clipped gradient times 1 − β₁.
      const [parameters, gradient] = [await trainer.vector('parameters'), await trainer.vector('adam.m')]
      await trainer.release()
      return { loss: [loss, gradientNorm], gradient, parameters }
    }
    const [cpu, gpu] = [await stepOn('cpu'), await stepOn('webgpu')]
    expect(relativeError(cpu.parameters, factors)).toBeGreaterThan(1e-3)
    // Sin and Cos of the timestep are the CPU's on both: SwiftShader's own are wrong by 1e-4.
    expect(relativeError(gpu.loss, cpu.loss)).toBeLessThan(1e-5)
    expect(relativeError(gpu.parameters, cpu.parameters)).toBeLessThan(1e-5)
    expect(relativeError(gpu.gradient, cpu.gradient)).toBeLessThan(1e-5)
  },
)

it.skipIf(reason !== undefined).each(weightDtypes)(
  titled('a picture drawn on WebGPU equals the CPU’s, weights in %s'),
  async (dtype) => {
    const draw = async (provider: Provider, dtype: WeightDtype) => {
      const pipeline = await TextToImagePipeline.load(goldenPath('tiny-sd15'), { provider, dtype })
      const size = { width: 64, height: 64 }
      const latents = await pipeline.sample(['a red ring'], { seeds: [1], steps: 4, guidance: 7.5, ...size })
      const pixels = await pipeline.decodeToPixels(latents, size)
      await pipeline.release()
      return { latents, pixels }
    }
    const [cpu, gpu] = [await draw('cpu', 'float32'), await draw('webgpu', dtype)]
    expect(relativeError(gpu.latents, cpu.latents)).toBeLessThan(1e-4)
    expect(relativeError(gpu.pixels, cpu.pixels)).toBeLessThan(1e-4)
  },
)

it.skipIf(reason !== undefined)(
  titled('a software driver is WebGPU, but not what auto chooses'),
  async () => {
    expect(await resolveDevice('webgpu')).toBe('webgpu')
    expect(await resolveDevice('auto')).not.toBe('webgpu')
  },
)
