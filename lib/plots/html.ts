// Escaping for HTML and XML. Not a sanitiser: nothing that passes here is ever markup.

const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text that is safe between tags and inside quoted attributes; control characters, which XML forbids, are dropped. */
export function escapeHtml(text: string): string {
  return text
    .replace(/[&<>"']/g, (letter) => names[letter])
    .replace(/(?![\t\n\r])[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu, '')
}

/** JSON that may stand inside a `<script>` element: no tag or comment can begin in it. */
export function jsonForScript(value: unknown): string {
  const codes: Record<string, string> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' }
  return JSON.stringify(value)
    .replace(/[<>&]/g, (letter) => codes[letter])
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')
}

/** Bytes as a `data:` URI. */
export function dataUri(type: string, bytes: Uint8Array | string): string {
  return `data:${type};base64,${Buffer.from(bytes as Uint8Array).toString('base64')}`
}
