// Widgets that hold others: boxes, and those that show one of their children at a time.
import { fail } from '../../lib/base/errors.ts'
import { isRecord } from '../display/table.ts'
import { DOMWidget, type HasClasses } from './dom-widget.ts'
import type { WidgetOptions } from './has-traits.ts'
import type { Widget } from './widget.ts'

interface BoxLike extends HasClasses {
  children: readonly Widget[]
}

export abstract class BoxBase<S extends BoxLike> extends DOMWidget<S> {
  /** @param children the widgets in it; or all options, children among them */
  constructor(children: readonly Widget[] | WidgetOptions<S> = {}, options: WidgetOptions<S> = {}) {
    super(isRecord(children) ? children : ({ ...options, children } as WidgetOptions<S>))
  }
}

interface Pages extends BoxLike {
  titles: readonly string[]
  selected_index: number | null
}

/** Children with titles, at most one of them selected. */
export abstract class SelectionContainer<S extends Pages> extends BoxBase<S> {
  setTitle(index: number, title: string): void {
    this.set({ titles: this.get('titles').map((one, at) => (at === index ? title : one)) } as never)
  }

  protected override settle(change: Partial<S>, now: Readonly<S>, first: boolean): Partial<S> {
    const { children, titles, selected_index: selected } = { ...now, ...change } as Readonly<Pages>
    const count = children.length
    const padded = Object.freeze(children.map((_, at) => titles[at] ?? ''))
    const asked = first || change.selected_index !== undefined
    if (asked && selected !== null && (selected < 0 || selected >= count)) {
      fail('bad-input', `${this.constructor.name}: there is no child ${selected}, only ${count}`)
    }
    const kept = selected !== null && selected >= count ? this.fallback(count) : selected
    return { ...change, titles: padded, selected_index: kept }
  }

  /** What is selected when the selected child is gone. */
  protected fallback(_count: number): number | null {
    return null
  }
}

/** Something is selected wherever there are children. */
export abstract class TabContainer<S extends Pages> extends SelectionContainer<S> {
  protected override settle(change: Partial<S>, now: Readonly<S>, first: boolean): Partial<S> {
    const settled = super.settle(change, now, first)
    const { length } = (settled.children ?? now.children) as readonly Widget[]
    const unset = settled.selected_index === null && change.selected_index === undefined && length > 0
    return unset ? { ...settled, selected_index: 0 } : settled
  }

  protected override fallback(count: number): number | null {
    return count > 0 ? count - 1 : null
  }
}
