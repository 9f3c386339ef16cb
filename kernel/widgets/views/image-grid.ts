// The image grid: prompts down, models across, with what a judge found in every picture. Ten thousand pictures are
// as good as ten: rows travel in pieces, pictures when they come into sight.
import { fail } from '../../../lib/base/errors.ts'
import { decodePng } from '../../../lib/formats/png.ts'
import type { CommonAnswer } from '../../../lib/messages/views/common.ts'
import {
  type GridItem,
  type GridRow,
  type ImageGridAnswer,
  type ImageGridMessage,
  type ImageGridState,
  imageGridMessage,
} from '../../../lib/messages/views/image-grid.ts'
import { ImageGrid as StaticGrid } from '../../../lib/plots/image-grid.ts'
import { DISPLAY } from '../../display/formatters.ts'
import type { MimeBundle } from '../../outputs.ts'
import { brief } from './brief.ts'
import {
  mimeOf,
  type OpenSource,
  openSource,
  type PictureSource,
  type SourcePicture,
} from './picture-source.ts'
import { View } from './view.ts'

export interface ImageGridOptions {
  /** Stands above it. Default: none. */
  title?: string
  /** Names of the columns; default the sources' own. */
  names?: readonly string[]
}

interface Row {
  item: number
  seed: number | null
  cells: (SourcePicture | null)[]
}

/** How many rows go in one message. */
const piece = 250

export class ImageGridView extends View<ImageGridState, ImageGridMessage, ImageGridAnswer | CommonAnswer> {
  readonly #ready: Promise<void>
  #sources: OpenSource[] = []
  #items: SourcePicture[] = []
  #rows: Row[] = []

  constructor(
    given: PictureSource | readonly PictureSource[],
    { title = '', names = [] }: ImageGridOptions = {},
  ) {
    const sources = (Array.isArray(given) ? given : [given]) as readonly PictureSource[]
    if (sources.length === 0) fail('bad-input', 'there are no pictures to show', 'give scores or a dataset')
    if (names.length > 0 && names.length !== sources.length)
      fail('mismatch', `${names.length} names for ${sources.length} columns`)
    super({
      name: 'image-grid',
      messages: imageGridMessage,
      state: { version: 1, title: brief(title, 200), models: [], rows: 0, pictures: 0, judge: null },
    })
    this.#ready = this.#open(sources, names)
    this.#ready.catch((error) => this.complain(error))
  }

  async #open(sources: readonly PictureSource[], names: readonly string[]): Promise<void> {
    this.#sources = await Promise.all(sources.map((source, at) => openSource(source, names[at])))
    const items = new Map<string, number>()
    const rows = new Map<string, Row>()
    for (const [model, { pictures }] of this.#sources.entries()) {
      for (const picture of pictures) {
        const item = items.get(picture.item) ?? this.#items.push(picture) - 1
        items.set(picture.item, item)
        const row = rows.get(picture.key) ?? { item, seed: picture.seed, cells: sources.map(() => null) }
        rows.set(picture.key, row)
        row.cells[model] = picture
      }
    }
    // Seeds of one prompt stand together.
    this.#rows = [...rows.values()].sort((a, b) => a.item - b.item)
    this.share({
      models: this.#sources.map(({ name }) => brief(name, 100)),
      rows: this.#rows.length,
      pictures: this.#sources.reduce((sum, { pictures }) => sum + pictures.length, 0),
      judge: this.#sources.find(({ judge }) => judge)?.judge ?? null,
    })
  }

  protected override async receive(message: ImageGridMessage): Promise<void> {
    await this.#ready
    if (message.kind === 'open') this.#sendRows(message.view)
    else for (const id of message.ids) await this.#sendPicture(id)
  }

  #sendRows(view: string): void {
    let known = 0
    for (let from = 0; from === 0 || from < this.#rows.length; from += piece) {
      const rows = this.#rows.slice(from, from + piece)
      const upTo = Math.max(known, ...rows.map(({ item }) => item + 1))
      const items = this.#items.slice(known, upTo).map(shownItem)
      known = upTo
      this.tell({ version: 1, kind: 'rows', view, from, items, rows: rows.map(shownRow) })
    }
  }

  async #sendPicture(id: string): Promise<void> {
    const [row, model] = id.split(':').map(Number)
    const answer = { version: 1, kind: 'picture', id, mime: 'image/png' } as const
    try {
      const picture = this.#rows[row]?.cells[model] ?? fail('not-found', 'there is no such picture')
      const bytes = await picture.bytes()
      this.tell({ ...answer, mime: mimeOf(bytes) }, [bytes])
    } catch (error) {
      this.tell({ ...answer, missing: brief((error as Error).message, 300) })
    }
  }

  override toString(): string {
    const { length } = this.#rows
    const models = this.#sources.map(({ name, pictures }) => {
      const asked = pictures.filter(({ outcomes }) => outcomes !== '')
      const passed = asked.filter(({ outcomes }) => /^1+$/.test(outcomes)).length
      const right = asked.length > 0 ? `, everything right in ${passed} of ${asked.length}` : ''
      return `  ${brief(name, 100)}: ${pictures.length} pictures${right}`
    })
    return [`Image grid: ${length} rows of prompt and seed`, ...models].join('\n')
  }

  override async [DISPLAY](): Promise<MimeBundle> {
    await this.#ready.catch(() => {})
    return super[DISPLAY]()
  }

  /** The first rows. */
  protected override async picture(): Promise<Uint8Array | undefined> {
    const single = this.#sources.length === 1
    const rows = this.#rows.slice(0, single ? 10 : 5)
    const cells = rows.flatMap(({ cells }) => cells)
    // Only complete rows: a grid has no holes.
    if (cells.length === 0 || cells.some((cell) => cell === null)) return undefined
    const items = await Promise.all(
      cells.map(async (cell) => {
        const bytes = await (cell as SourcePicture).bytes()
        return mimeOf(bytes) === 'image/png'
          ? { picture: await decodePng(bytes), caption: brief((cell as SourcePicture).prompt, 120) }
          : undefined
      }),
    )
    if (items.includes(undefined)) return undefined
    const columnLabels = single ? undefined : this.#sources.map(({ name }) => brief(name, 40))
    return new StaticGrid(items as Exclude<(typeof items)[number], undefined>[], {
      columnLabels,
      title: single ? undefined : `The first ${rows.length} of ${this.#rows.length} rows`,
      cell: 112,
    }).toPng({ scale: 1 })
  }
}

function shownItem({ prompt, skill, questions }: SourcePicture): GridItem {
  const place = new Map(questions.map(({ id }, at) => [id, at]))
  return {
    prompt: brief(prompt),
    skill: brief(skill, 100),
    questions: questions.map(({ question, dependencies }) => ({
      text: brief(question, 300),
      parents: dependencies.flatMap((id) => place.get(id) ?? []),
    })),
  }
}

function shownRow({ item, seed, cells }: Row): GridRow {
  return {
    item,
    seed,
    cells: cells.map(
      (cell) =>
        cell && {
          settings: cell.settings,
          outcomes: cell.outcomes,
          said: cell.said.map((one) => brief(one, 60)),
        },
    ),
  }
}

/**
 * Pictures of one or several sources side by side, by prompt and seed.
 *
 * @param sources scores from `evaluate`, datasets, or drawn pictures: one column each
 * @throws SelmaError `bad-input` without a source, `mismatch` for more or fewer names than sources
 */
export function imageGrid(
  sources: PictureSource | readonly PictureSource[],
  options: ImageGridOptions = {},
): ImageGridView {
  return new ImageGridView(sources, options)
}
