// A LoRA beside a UNet that can be exchanged for another while the sessions stay open: its factors are variables of
// the graph. A step costs a little more than with fused weights; another LoRA costs milliseconds, not a new session.
import { fail } from '../base/errors.ts'
import { type Lora, loraColumns, loraRank, loraScale } from '../formats/lora.ts'
import type { Graph, Session } from '../runtime/index.ts'
import type { LoraBranch } from './builder.ts'
import { LIVE_WEIGHTS, type LiveSlot, liveLora, slotNames } from './lora-layers.ts'

const prefix = 'unet.'

/** Whether a LoRA changes only what can be exchanged: linear layers and 1×1 convolutions of the UNet. */
export const canBeLive = (lora: Lora): boolean =>
  [...lora.layers].every(
    ([path, { kernel, magnitude }]) =>
      path.startsWith(prefix) && !magnitude && (kernel === undefined || String(kernel) === '1,1'),
  )

export class LiveFactors {
  readonly #slots: ReadonlyMap<string, LiveSlot>
  readonly #filled = new WeakMap<Session, number>()
  #values = new Map<string, Float32Array>()
  #version = 0

  /**
   * Room for LoRAs on the same layers as these, up to the sum of their ranks in each; empty at first.
   *
   * @throws SelmaError `unsupported` when they change something else than linear layers and 1×1 convolutions
   */
  constructor(loras: readonly Lora[]) {
    const slots = new Map<string, LiveSlot>()
    for (const lora of loras) {
      if (!canBeLive(lora))
        fail(
          'unsupported',
          'the LoRA changes more than linear layers and 1×1 convolutions of the UNet, or is a DoRA',
          'fuse it instead',
        )
      for (const [path, layer] of lora.layers) {
        const module = path.slice(prefix.length)
        const rank = (slots.get(module)?.rank ?? 0) + loraRank(layer)
        slots.set(module, {
          module,
          rank,
          inFeatures: loraColumns(layer),
          outFeatures: layer.up.shape[0],
        })
      }
    }
    this.#slots = slots
    this.set(undefined)
  }

  /** What a UNet is built with; `check` fails when it lacks a layer that there is a slot for. */
  branch(graph: Graph): LoraBranch & { check(): void } {
    const seen = new Set<string>()
    const live = liveLora(graph, this.#slots, (module) => [this.#slots.get(module)!.rank], 1)
    return {
      delta(target, x, base) {
        seen.add(target.module)
        return live.delta(target, x, base)
      },
      check: () => {
        for (const module of this.#slots.keys())
          if (!seen.has(module))
            fail(
              'mismatch',
              `the LoRA changes ${prefix}${module}, which the model does not have`,
              'it was trained for another base model',
            )
      },
    }
  }

  /**
   * The LoRA from now on; undefined is none.
   *
   * @throws SelmaError `mismatch` for other layers, or a rank that there is no room for
   */
  set(lora: Lora | undefined): void {
    const values = new Map<string, Float32Array>()
    for (const path of lora?.layers.keys() ?? [])
      if (!this.#slots.has(path.slice(prefix.length)))
        fail('mismatch', `there is no room for a LoRA on ${path}`)
    for (const { module, rank, inFeatures, outFeatures } of this.#slots.values()) {
      const down = new Float32Array(rank * inFeatures)
      const up = new Float32Array(outFeatures * rank)
      const layer = lora?.layers.get(prefix + module)
      if (layer) {
        const own = loraRank(layer)
        if (own > rank || loraColumns(layer) !== inFeatures || layer.up.shape[0] !== outFeatures)
          fail('mismatch', `a LoRA of rank ${own} does not fit into ${module}, which has room for ${rank}`)
        const scale = loraScale(layer)
        down.set(layer.down.data)
        for (let i = 0; i < outFeatures; i++)
          for (let r = 0; r < own; r++) up[i * rank + r] = layer.up.data[i * own + r] * scale
      }
      const names = slotNames(module)
      values.set(names.down, down).set(names.up, up)
    }
    this.#values = values
    this.#version++
  }

  /** Brings a session up to date, also one whose process died since (its variables are zero then). */
  async fill(session: Session): Promise<void> {
    const version = this.#version
    const [weight] = await session.getState(LIVE_WEIGHTS)
    if (weight === 1 && this.#filled.get(session) === version) return
    await Promise.all([...this.#values].map(([name, value]) => session.setState(name, value)))
    // Last: that it is 1 says that the others are there.
    await session.setState(LIVE_WEIGHTS, Float32Array.of(1))
    this.#filled.set(session, version)
  }
}
