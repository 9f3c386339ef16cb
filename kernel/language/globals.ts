// What every cell can use without an import, besides the library: the declarations the checker sees.
// The values are put there by `display/globals.ts`; the two must name the same things.

/** Text of the ambient declaration file. */
export const globalDeclarations = `
interface DisplayHandle {
  /** The display id, as front ends know it. */
  readonly id: string
  /** Shows another value in the same place. */
  update(value: unknown): void
}
interface Display {
  /**
   * Shows a value under the cell, without being its last line.
   *
   * @param value anything; an object with \`[Symbol.for('Jupyter.display')]()\` says itself how it looks
   * @param options.id a name for the place, to be updated later; made up by default
   */
  (value: unknown, options?: { id?: string; metadata?: Record<string, unknown> }): DisplayHandle
}
/** Something that displays itself. */
interface Displayable {
  toString(): string
}
declare const display: Display
/** Names the method that says how an object looks: \`[$display]() { return { 'text/html': '…' } }\`. */
declare const $display: unique symbol
/** HTML to be shown: \`html('<b>x</b>')\`, or as a template tag, which escapes what is interpolated. */
declare function html(source: string | TemplateStringsArray, ...values: unknown[]): Displayable
/** An SVG picture to be shown, from its source text. */
declare function svg(source: string | TemplateStringsArray, ...values: unknown[]): Displayable
/** Markdown to be shown. */
declare function markdown(source: string | TemplateStringsArray, ...values: unknown[]): Displayable
/** A formula to be shown, in LaTeX; as a template tag, backslashes need no doubling. */
declare function latex(source: string | TemplateStringsArray, ...values: unknown[]): Displayable
/** A value to be shown as JSON, in a tree where the front end has one. */
declare function json(value: unknown): Displayable
/** Removes the cell's outputs so far; with \`wait\`, only when the next one comes. */
declare function clearOutput(wait?: boolean): void
/** Aborted when the running cell is interrupted; pass it on to anything that takes a signal. */
declare function cellSignal(): AbortSignal
/** Asks the person at the notebook for a line of text; with \`password\`, what is typed is not shown. */
declare function input(prompt?: string, options?: { password?: boolean }): Promise<string>
`
