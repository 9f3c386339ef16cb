// HTML that a cell showed, made harmless: DOMPurify takes out what can run or load, and here goes what could get
// in the page's way. Not for text from language models, which is escaped long before.
import { createRequire } from 'node:module'
import DOMPurify, { type Config, type DOMPurify as Purifier } from 'dompurify'

const require = createRequire(import.meta.url)

const config: Config = {
  USE_PROFILES: { html: true, svg: true, svgFilters: true, mathMl: true },
  FORBID_TAGS: [
    ...['style', 'form', 'input', 'button', 'textarea', 'select', 'option', 'dialog', 'fieldset'],
    ...['audio', 'video', 'source', 'track', 'picture', 'map', 'area', 'image', 'marquee', 'nav', 'main'],
  ],
  FORBID_ATTR: [
    'srcset',
    'background',
    'poster',
    'ping',
    'target',
    'name',
    'tabindex',
    'autofocus',
    'popover',
  ],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: true,
}

/** Properties that change how a thing looks where it stands, none that puts it elsewhere. */
const properties =
  /^(color|background(-color)?|opacity|fill|stroke(-\w+)?|text-[\w-]+|vertical-align|font(-[\w-]+)?|line-height|letter-spacing|white-space|word-break|overflow(-\w+)?|((max|min)-)?(width|height)|(margin|padding|border)(-[\w-]+)?|display|float|clear|gap|(flex|grid|align|justify)(-[\w-]+)?|list-style(-\w+)?|image-rendering|object-fit|table-layout|caption-side)$/
/** What can load, compute or escape. */
const refused = /(url|src|image|image-set|cross-fade|element|expression|var|attr)\s*\(|[\\@<>{}]|\/\*/i

function safeStyle(style: string): string {
  return (
    style
      .split(';')
      .map((declaration) => {
        const at = declaration.indexOf(':')
        return [declaration.slice(0, at).trim().toLowerCase(), declaration.slice(at + 1).trim()]
      })
      .filter(([name, value]) => properties.test(name) && !refused.test(value))
      // A negative margin would lay it over its neighbours.
      .filter(([name, value]) => !name.startsWith('margin') || !value.includes('-'))
      .map((pair) => pair.join(': '))
      .join('; ')
  )
}

/** Classes and ids of the page itself are not for outputs; pictures in a grid are shown as everywhere. */
const ownName = /^selma-(?!images$)/

function tidy(element: Element): void {
  const style = element.getAttribute('style')
  if (style !== null) element.setAttribute('style', safeStyle(style))
  const classes = [...element.classList].filter((name) => !ownName.test(name))
  if (element.hasAttribute('class')) element.setAttribute('class', classes.join(' '))
  if (ownName.test(element.id)) element.removeAttribute('id')
  for (const { name, value } of [...element.attributes]) {
    if (name !== 'style' && /url\s*\(\s*['"]?(?!#)/i.test(value)) element.removeAttribute(name)
  }
  const target = element.getAttribute('href') ?? element.getAttribute('xlink:href')
  if (target !== null && !/^(https?:|mailto:|#)/i.test(target.trim())) {
    for (const name of ['href', 'xlink:href']) element.removeAttribute(name)
  }
  if (element.hasAttribute('href')) element.setAttribute('rel', 'noopener noreferrer')
  const level = /^h([1-6])$/i.exec(element.tagName)
  if (level) {
    // The page has its own headings; one inside an output stands below them all.
    element.setAttribute('role', 'heading')
    element.setAttribute('aria-level', String(Math.min(6, Number(level[1]) + 2)))
  }
}

let purifier: Purifier | undefined

function open(): Purifier {
  const { JSDOM } = require('jsdom') as typeof import('jsdom')
  const made = DOMPurify(new JSDOM('').window as never)
  made.addHook('afterSanitizeAttributes', (node) => tidy(node))
  return made
}

/**
 * The HTML without scripts, handlers, forms, frames and styles that reach beyond it.
 *
 * @param picture a picture's `data:` URI by its source; one that has none becomes its alternative text
 */
export function safeHtml(html: string, picture: (source: string) => string | undefined): string {
  purifier ??= open()
  const clean = purifier.sanitize(html, { ...config, RETURN_DOM_FRAGMENT: true })
  for (const image of clean.querySelectorAll('img')) {
    const source = image.getAttribute('src') ?? ''
    const data = /^data:image\/[\w.+-]+[;,]/i.test(source) ? source : picture(source)
    if (data === undefined) {
      image.replaceWith(image.getAttribute('alt') || 'a picture that is not in this file')
      continue
    }
    image.setAttribute('src', data)
    if (!image.hasAttribute('alt')) image.setAttribute('alt', '')
  }
  const holder = clean.ownerDocument.createElement('div')
  holder.append(clean)
  return holder.innerHTML
}
