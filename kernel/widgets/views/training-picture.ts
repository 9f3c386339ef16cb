// The training monitor's picture for places without widgets: losses over steps. Drawn by hand as SVG, not with
// Plotly, whose first figure takes seconds that the page would wait for.

import { readJobFile } from '../../../lib/jobs/directory.ts'
import { readEvents } from '../../../lib/jobs/event-log.ts'
import type { Job } from '../../../lib/jobs/index.ts'
import { escapeHtml } from '../../../lib/plots/html.ts'
import { movingAverage, thin } from '../../../lib/plots/loss-chart.ts'
import { staticFont, svgToPng } from '../../../lib/plots/raster.ts'
import { faintInk, gridColour, ink, oneLine, seriesStyle, shortNumber } from '../../../lib/plots/theme.ts'
import { isRecord } from '../../display/table.ts'
import { JobRecord } from './job-record.ts'

const width = 640
const height = 300
const box = { left: 56, right: 16, top: 34, bottom: 40 }

interface Line {
  name: string
  x: number[]
  y: (number | null)[]
  smooth: (number | null)[]
  measured: { x: number[]; y: number[] }
}

async function lineOf(job: Job): Promise<Line | undefined> {
  const record = new JobRecord()
  const [file, events] = await Promise.all([readJobFile(job.dir), readEvents(job.dir)])
  for (const event of events) record.take(event)
  const loss = record.curves.get('loss')
  if (!loss || loss.steps.length < 2) return undefined
  const { x, y } = thin(loss.steps, loss.values)
  const average = movingAverage(loss.values, 0.95)
  const held = record.curves.get('validationLoss')
  const name = isRecord(file?.settings) ? String(file.settings.name ?? job.id) : job.id
  const at = new Map(loss.steps.map((step, index) => [step, average[index]]))
  return {
    name,
    x,
    y,
    smooth: x.map((step) => at.get(step) ?? null),
    measured: { x: held?.steps ?? [], y: held?.values ?? [] },
  }
}

function ticks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / count
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= raw) ?? raw
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step)
}

/** Loss curves of jobs as PNG; undefined while there are none. */
export async function curvePicture(jobs: readonly Job[]): Promise<Uint8Array | undefined> {
  const lines = (await Promise.all(jobs.map(lineOf))).filter((line) => line !== undefined)
  if (lines.length === 0) return undefined
  const values = lines.flatMap(({ y, measured }) => [...y, ...measured.y]).filter((y) => y !== null)
  const finite = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b)
  const [low, high] = [finite[0], finite.at(-1) as number]
  const span = high - low || Math.abs(high) || 1
  const [bottom, top] = [low - span * 0.05, high + span * 0.05]
  const first = Math.min(...lines.map(({ x }) => x[0]))
  const last = Math.max(...lines.map(({ x }) => x.at(-1) as number))
  const px = (x: number) => box.left + ((x - first) / (last - first)) * (width - box.left - box.right)
  const py = (y: number) =>
    height - box.bottom - ((y - bottom) / (top - bottom)) * (height - box.top - box.bottom)
  const path = (x: number[], y: (number | null)[]) => {
    let pen = 'M'
    return x
      .map((step, i) => {
        const value = y[i]
        if (value === null || !Number.isFinite(value)) {
          pen = 'M'
          return ''
        }
        const part = `${pen}${px(step).toFixed(1)} ${py(value).toFixed(1)}`
        pen = 'L'
        return part
      })
      .join('')
  }
  const label = `font-size="11" fill="${faintInk}"`
  const parts = [
    ...ticks(bottom, top, 5).map(
      (y) =>
        `<path d="M${box.left} ${py(y)}H${width - box.right}" stroke="${gridColour}"/><text x="${box.left - 6}" y="${py(y) + 4}" text-anchor="end" ${label}>${shortNumber(y)}</text>`,
    ),
    ...ticks(first, last, 6).map(
      (x) => `<text x="${px(x)}" y="${height - box.bottom + 16}" text-anchor="middle" ${label}>${x}</text>`,
    ),
    `<text x="${(box.left + width - box.right) / 2}" y="${height - 6}" text-anchor="middle" ${label}>step</text>`,
    `<text x="14" y="${box.top - 14}" font-size="13" font-weight="700">Loss: raw (faint), smoothed, validation (dots)</text>`,
  ]
  for (const [index, { name, x, y, smooth, measured }] of lines.entries()) {
    const { fill, ink: dark } = seriesStyle(index)
    parts.push(
      `<path d="${path(x, y)}" fill="none" stroke="${fill}" stroke-opacity="0.3"/>`,
      `<path d="${path(x, smooth)}" fill="none" stroke="${fill}" stroke-width="2"/>`,
      ...measured.x.map(
        (step, i) =>
          `<circle cx="${px(step)}" cy="${py(measured.y[i])}" r="3.5" fill="#fff" stroke="${fill}" stroke-width="2"/>`,
      ),
      `<text x="${width - box.right - 4}" y="${box.top + 14 + index * 16}" text-anchor="end" font-size="12" fill="${dark}">${escapeHtml(oneLine(name))}</text>`,
    )
  }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${staticFont}" fill="${ink}"><rect width="${width}" height="${height}" fill="#fff"/>${parts.join('')}</svg>`
  return svgToPng(svg, { scale: 1.5 })
}
