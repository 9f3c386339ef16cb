// A progress bar, for eyes and for screen readers.

interface Props {
  label: string
  /** Of 1. */
  share: number
  /** What is told as reached, of `most`; the share in per cent unless given. */
  now?: number
  /** Default 100. */
  most?: number
  /** Read out in place of the number. */
  text?: string
  class?: string
}

export function Bar({ label, share, now = Math.round(100 * share), most = 100, text, class: name }: Props) {
  return (
    <div
      class="selma-track"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={most}
      aria-valuenow={now}
      aria-valuetext={text}
    >
      <div class={`selma-fill ${name ?? ''}`} style={`width:${(100 * share).toFixed(2)}%`} />
    </div>
  )
}
