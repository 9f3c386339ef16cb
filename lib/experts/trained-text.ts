// The text encoders inside the training graph, where they are trained: token ids in, what the UNet is told out. For
// Stable Diffusion XL both of them, as diffusers' train_text_to_image_lora_sdxl.py has it (--train_text_encoder).
import type { Builder } from '../diffusion/builder.ts'
import type { Checkpoint, Component } from '../diffusion/checkpoint.ts'
import { clipText, projectedText } from '../diffusion/clip-text.ts'
import type { ClipTextConfig } from '../diffusion/config.ts'
import { concat, type Graph, type Tensor } from '../runtime/index.ts'

/** The parts of a pipeline that a LoRA is trained for. */
export type TrainedComponent = 'unet' | 'text_encoder' | 'text_encoder_2'

/** A model's text encoders, in their order. */
export function textEncoders({
  textEncoder,
  textEncoder2,
}: Checkpoint): [name: 'text_encoder' | 'text_encoder_2', component: Component<ClipTextConfig>][] {
  return [
    ['text_encoder', textEncoder],
    ...(textEncoder2 ? ([['text_encoder_2', textEncoder2]] as const) : []),
  ] as ReturnType<typeof textEncoders>
}

/** A component of the checkpoint by its name. */
export const componentOf = (checkpoint: Checkpoint, name: TrainedComponent) =>
  name === 'unet'
    ? checkpoint.unet
    : name === 'text_encoder'
      ? checkpoint.textEncoder
      : checkpoint.textEncoder2!

/**
 * Whether the loss depends on a text encoder's layer. Stable Diffusion XL reads its first encoder before the last
 * layer; PyTorch leaves factors without a gradient as they are, so they are none here.
 */
export function isRead(checkpoint: Checkpoint, name: TrainedComponent, module: string): boolean {
  if (name !== 'text_encoder' || !checkpoint.textEncoder2) return true
  const last = checkpoint.textEncoder.config.num_hidden_layers - 1
  return !new RegExp(`(^|\\.)encoder\\.layers\\.${last}\\.`).test(module)
}

/**
 * Text states [batch, tokens, width], and Stable Diffusion XL's pooled text, of the graph inputs `ids` (and `ids_2`)
 * [batch, tokens] and `places` [batch] (see `projectedText`), all int64.
 */
export function trainedText(
  graph: Graph,
  checkpoint: Checkpoint,
  { batch, tokens }: { batch: number; tokens: number },
  builder: (name: TrainedComponent) => Builder,
): { states: Tensor; pooled?: Tensor } {
  const parts = textEncoders(checkpoint).map(([name, { config }], i) => {
    const ids = graph.input(i === 0 ? 'ids' : 'ids_2', [batch, tokens], 'int64')
    const b = builder(name)
    return { b, config, text: clipText(b, config, ids) }
  })
  if (parts.length === 1) return { states: parts[0].text.lastHiddenState() }
  const { b, config, text } = parts[1]
  return {
    states: concat(
      parts.map((part) => part.text.hidden.at(-2)!),
      2,
    ),
    pooled: projectedText(b, config, text, graph.input('places', [batch], 'int64')),
  }
}
