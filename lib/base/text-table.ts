// Rows of text in columns, for a terminal or a cell's plain output.

/**
 * @param rows of equally many texts; the first may be headings
 * @returns a line for each row, two spaces between columns, no spaces at its end
 */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd()
  return rows.map(line).join('\n')
}
