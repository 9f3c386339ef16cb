// The base's picture and the mix's beside each other, for each prompt and seed. While another mix is drawn, the one
// before stays, paler.
import { useRef } from 'preact/hooks'
import { shorten } from '../shared/format.ts'
import { type PictureStore, usePicture } from '../shared/pictures.ts'

interface PictureProps {
  store: PictureStore
  /** Undefined while it is not drawn. */
  id: string | undefined
  label: string
  alt: string
}

function Drawn({ store, id, label, alt }: PictureProps) {
  const picture = usePicture(store, id)
  const last = useRef<string>(undefined)
  if (picture?.url) last.current = picture.url
  const url = picture?.url ?? last.current
  return (
    <figure class="mm-picture">
      {url ? (
        <img
          class={`selma-square selma-pixels ${picture?.url ? '' : 'mm-stale'}`}
          src={url}
          alt={alt}
          data-id={id ?? ''}
        />
      ) : (
        <span class="selma-square selma-small selma-faint">{picture?.missing ?? '…'}</span>
      )}
      <figcaption class="selma-small selma-faint">{label}</figcaption>
    </figure>
  )
}

interface Props {
  store: PictureStore
  items: readonly { prompt: string; seed: number }[]
  base: string
  baseDone: number
  mix: string
  mixDone: number
}

export function Preview({ store, items, base, baseDone, mix, mixDone }: Props) {
  return (
    <div class="mm-items">
      {items.map(({ prompt, seed }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: items never change places
        <div key={at} class="mm-item">
          <div class="mm-pair">
            <Drawn
              store={store}
              id={at < baseDone ? `base:${at}` : undefined}
              label={shorten(base, 24)}
              alt={`The base: ${shorten(prompt, 150)}, seed ${seed}`}
            />
            <Drawn
              store={store}
              id={at < mixDone ? `${mix}:${at}` : undefined}
              label="mix"
              alt={`The mix: ${shorten(prompt, 150)}, seed ${seed}`}
            />
          </div>
          <p class="mm-prompt" title={prompt}>
            {shorten(prompt, 140)} <span class="selma-faint selma-small">seed{`\u00a0${seed}`}</span>
          </p>
        </div>
      ))}
    </div>
  )
}
