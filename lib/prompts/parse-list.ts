// Reads the prompts out of a language model's answer, whatever shape it came in: numbered or bulleted
// lists, tables, bare lines, JSON, and the small talk around them. Never throws, never evaluates.
// What is not understood is handed back with the reason. Not a judge of quality: see judge.ts.
import { oneLine } from './skill.ts'

export interface ParsedList {
  /** Prompts in the order written, each on one line, marks and quotes removed. */
  candidates: string[]
  /** Lines that are no prompt, and why. */
  rejected: { line: string; reason: string }[]
}

export interface ParseListOptions {
  /** The answer stopped at the token limit, so that its last prompt is likely cut in half. Default false. */
  truncated?: boolean
}

/** Finds the prompts in an answer. */
export function parseList(answer: string, { truncated = false }: ParseListOptions = {}): ParsedList {
  const text = visible(answer)
  const list = fromJson(text) ?? fromLines(text)
  if (truncated && !list.closed && list.candidates.length > 0) {
    list.rejected.push({ line: list.candidates.pop() ?? '', reason: 'cut off at the token limit' })
  }
  return { candidates: list.candidates, rejected: list.rejected }
}

/** Characters; nothing longer is a prompt, and the patterns below need not see it. */
const longestPrompt = 4000

interface Found extends ParsedList {
  /** The answer says itself that it is complete. */
  closed: boolean
}

/** Without control and zero-width characters, byte order marks and direction overrides. */
function visible(text: string): string {
  return text
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/\t/g, ' ')
    .replace(/(?!\n)[\p{Cc}\p{Cf}]/gu, '')
}

function collect(
  items: { line: string; text: string }[],
  rejected: ParsedList['rejected'],
  closed: boolean,
): Found {
  const candidates: string[] = []
  for (const { line, text } of items) {
    const clean = text.length > longestPrompt ? '' : unwrap(text)
    const reason = text.length > longestPrompt ? 'far too long' : whyNot(clean)
    if (reason) rejected.push({ line: excerpt(oneLine(line)), reason })
    else candidates.push(clean)
  }
  return { candidates, rejected, closed }
}

// ---- JSON -------------------------------------------------------------------------------------

function fromJson(text: string): Found | undefined {
  const fenced = /^[^{[]*```(?:json)?\s*([{[][\s\S]*?)(?:```[\s\S]*)?$/i.exec(text)
  const bare = text.search(/\{\s*"\w+"\s*:\s*\[/)
  const source = (fenced ? fenced[1] : bare > 0 ? text.slice(bare).replace(/\}[^\]}"]*$/, '}') : text).trim()
  if (!/^(?:\{\s*"|\[\s*["{])/.test(source)) return undefined
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch {
    return salvage(source)
  }
  const entries = Array.isArray(value)
    ? value
    : Object.values(value as object).find((member) => Array.isArray(member))
  if (!Array.isArray(entries)) {
    return {
      candidates: [],
      rejected: [{ line: excerpt(source), reason: 'JSON without a list' }],
      closed: true,
    }
  }
  const rejected: ParsedList['rejected'] = []
  const items: { line: string; text: string }[] = []
  for (const entry of entries) {
    const member = entryText(entry)
    if (member === undefined) rejected.push({ line: excerpt(JSON.stringify(entry)), reason: 'not text' })
    else items.push({ line: member, text: unmark(member)?.text ?? member })
  }
  return collect(items, rejected, true)
}

function entryText(entry: unknown): string | undefined {
  if (typeof entry === 'string') return entry
  if (typeof entry !== 'object' || entry === null) return undefined
  const { prompt, text, caption } = entry as Record<string, unknown>
  return [prompt, text, caption].find((member) => typeof member === 'string')
}

/** JSON that ends too early or is broken: the complete strings of its list are still good. */
function salvage(source: string): Found {
  const rejected = [{ line: excerpt(source), reason: 'broken JSON' }]
  const list = source.slice(source.indexOf('['))
  if (!source.includes('[')) return { candidates: [], rejected, closed: true }
  const items: { line: string; text: string }[] = []
  for (const [literal] of list.matchAll(/"(?:[^"\\\n]|\\.)*"(?=\s*(?:[,\]}]|$))/g)) {
    try {
      const line = JSON.parse(literal) as string
      items.push({ line, text: unmark(line)?.text ?? line })
    } catch {
      rejected.push({ line: excerpt(literal), reason: 'broken JSON' })
    }
  }
  return collect(items, rejected, true)
}

// ---- lines ------------------------------------------------------------------------------------

function fromLines(text: string): Found {
  const rejected: ParsedList['rejected'] = []
  const lines = text
    .split('\n')
    .flatMap(splitRun)
    .filter((line) => line.trim() !== '' && !/^\s*(?:```|~~~)/.test(line))
  const isList = lines.some((line) => unmark(line) !== undefined)
  const items: { line: string; text: string }[] = []
  let open = false // the item before may go on in the next line
  for (const line of lines) {
    const marked = unmark(line)
    const bare = line.trim()
    const last = items.at(-1)
    if (marked) {
      items.push({ line, text: marked.text })
    } else if (/^#{1,6}\s|^\*\*[^*]+:?\*\*:?$|^[-=*_]{3,}$|^\|[\s:|-]+\|$/.test(bare)) {
      rejected.push({ line: bare, reason: 'heading' })
    } else if (isList && last && open && (last.text === '' || continues(last.text, line))) {
      last.text = `${last.text} ${bare}`
      last.line = `${last.line} ${bare}`
    } else if (isList) {
      rejected.push({ line: bare, reason: 'not a list item' })
    } else if (/:$/.test(bare) || smallTalk.test(bare)) {
      rejected.push({ line: bare, reason: 'small talk' })
    } else {
      items.push({ line, text: bare })
    }
    open = marked !== undefined || (open && items.at(-1) === last)
  }
  return collect(items, rejected, false)
}

const smallTalk =
  /^(?:here (?:are|is)|sure\b|certainly\b|of course\b|okay\b|let me know|i hope|note:|feel free)/i
const refusal =
  /^(?:as an ai\b|i['’]?m (?:sorry|unable|afraid)|i am (?:sorry|unable)|sorry,|i can(?:['’]t|not)\b)/i

/** A wrapped line: indented or in lower case, after one that had not come to its end. */
function continues(before: string, line: string): boolean {
  return !/[.!?"”]$/.test(before) && /^(?:\s{2,}\S|\p{Ll})/u.test(line) && !smallTalk.test(line.trim())
}

/** `4. a cat 5. a dog` on one line: split where the numbers count on. */
function splitRun(line: string): string[] {
  const out: string[] = []
  let rest = line
  let number = /^\s*(\d{1,4})[.)]\s/.exec(line)?.[1]
  while (number !== undefined) {
    const next = String(Number(number) + 1)
    const at = rest.search(new RegExp(`\\s${next}[.)]\\s`))
    if (at < 0) break
    out.push(rest.slice(0, at))
    rest = rest.slice(at + 1)
    number = next
  }
  return [...out, rest]
}

const marks = [
  /^\(?#?\d{1,4}(?:[.)\]](?=\s|$|[\p{L}"“'‘*_`])|[:\-–—](?=\s|$))/u, // 4. 4) (4) 4: "4 -" is below
  /^\[\d{1,4}\]/,
  /^\d{1,4}\s[-–—]\s/,
  /^#\d{1,4}\s/,
  /^\(?[a-z]\)(?=\s)/,
  /^(?:prompt|caption)\s*#?\d{1,4}\s*[:.)\-–—]/i,
  /^[-*+•‣◦●▪–—·]\s+(?:\[[ xX]?\]\s+)?/,
]

/** The text after a list mark, or undefined for a line without one. */
function unmark(line: string): { text: string } | undefined {
  let rest = line.trim().replace(/^(?:>\s*)+/, '')
  let marked = false
  const cells = /^\|(.+)\|$/.exec(rest)?.[1].split('|')
  if (cells && !/^[\s:|-]+$/.test(rest)) {
    if (!cells.some((cell) => /^\W*\d{1,4}\W*$/.test(cell.trim()))) return undefined // a table's head
    rest = cells.reduce((longest, cell) => (cell.trim().length > longest.length ? cell.trim() : longest), '')
    marked = true
  }
  for (let peeled = true; peeled; ) {
    peeled = false
    // `**4.** text` and `**Prompt 4:** text`: the emphasis goes with the mark.
    const plain = rest.replace(/^(\*\*|__)([^*_]{1,16}?)\1\s*/, (whole, _mark, inner) =>
      marks.some((mark) => mark.exec(inner)?.[0].length === inner.length) ? `${inner} ` : whole,
    )
    for (const mark of marks) {
      const match = mark.exec(plain)
      if (!match) continue
      rest = plain.slice(match[0].length).trim()
      marked = peeled = true
      break
    }
  }
  return marked ? { text: rest } : undefined
}

// ---- both -------------------------------------------------------------------------------------

const quotes: Record<string, string> = {
  '"': '"',
  '“': '”',
  '«': '»',
  '‘': '’',
  "'": "'",
  '„': '“',
  '`': '`',
}

/** Removes what wraps a whole text: quotes, emphasis, a label, a trailing comma after a quote. */
function unwrap(text: string): string {
  let out = oneLine(text)
  for (let before = ''; before !== out; ) {
    before = out
    out = out.replace(/^(?:prompt|caption)\s*:\s*/i, '').replace(/(["”»`])[,;]$/, '$1')
    out = out.replace(/(\*\*|__)(?=\S)(.+?)(?<=\S)\1/g, '$2').replace(/^([*_])(?=\S)([^*_]+)\1$/, '$2')
    const close = quotes[out[0]]
    if (close && out.length > 1 && out.endsWith(close) && !out.slice(1, -1).includes(close))
      out = out.slice(1, -1)
    out = out.trim()
  }
  return out
}

function whyNot(text: string): string | undefined {
  if (text === '') return 'empty'
  if (!/[a-z]{2}/i.test(text)) return 'no Latin words' // ROUGE-L sees a-z and 0-9 only
  if (/^[[<{(][^\])}>]*[\])}>]$/.test(text)) return 'placeholder'
  if (refusal.test(text)) return 'refusal'
  return undefined
}

function excerpt(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
