// A widget with a place in the page: CSS classes, focus.
import { Widget } from './widget.ts'

/** What every such widget has. */
export interface HasClasses {
  _dom_classes: readonly string[]
}

export abstract class DOMWidget<S extends HasClasses = HasClasses> extends Widget<S> {
  /** Adds a CSS class to its element. */
  addClass(name: string): this {
    const classes = this.get('_dom_classes')
    return classes.includes(name) ? this : this.set({ _dom_classes: [...classes, name] } as never)
  }

  removeClass(name: string): this {
    return this.set({ _dom_classes: this.get('_dom_classes').filter((one) => one !== name) } as never)
  }

  focus(): void {
    this.send({ do: 'focus' })
  }

  blur(): void {
    this.send({ do: 'blur' })
  }
}
