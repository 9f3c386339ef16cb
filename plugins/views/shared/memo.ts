// A component that is drawn again only when a property is another one.
import { Component, type ComponentChildren, type ComponentType, h } from 'preact'

export function memo<Props extends object>(Inner: ComponentType<Props>): ComponentType<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      const names = Object.keys(next) as (keyof Props)[]
      return names.some((name) => next[name] !== (this.props as Props)[name])
    }

    override render(): ComponentChildren {
      return h(Inner as ComponentType<object>, this.props)
    }
  }
}
