// What stands where a view could not be drawn, and how errors that the kernel tells of are shown.
import { Component, type ComponentChildren } from 'preact'

export class Failure extends Component<{ children?: ComponentChildren }, { error?: Error }> {
  static override getDerivedStateFromError(error: Error) {
    return { error }
  }

  override render() {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <p class="selma-error" role="alert">
        This view failed: {error.message}
      </p>
    )
  }
}

export interface Problem {
  message: string
  hint?: string | null
}

export function Problems({
  problem,
  onClose,
}: {
  problem: Problem | null | undefined
  onClose?: () => void
}) {
  if (!problem) return null
  return (
    <div class="selma-error" role="alert">
      <span>
        {problem.message}
        {problem.hint ? <small> {problem.hint}</small> : null}
      </span>
      {onClose ? (
        <button
          type="button"
          class="selma-button selma-quiet"
          aria-label="Dismiss this message"
          onClick={onClose}
        >
          ×
        </button>
      ) : null}
    </div>
  )
}
