// What other floors use of the plots.
export { type BarRow, type BarsOptions, barsWithIntervals } from './bars.ts'
export { Figure, type FigureJson, type FigureOptions, type MimeBundle } from './figure.ts'
export { type GainChartOptions, type GainRow, gainChart } from './gain-chart.ts'
export { type GuidanceCurveOptions, type GuidanceModel, guidanceCurve } from './guidance-curve.ts'
export { type HeatmapOptions, heatmap } from './heatmap.ts'
export { ImageGrid, type ImageGridItem, type ImageGridOptions } from './image-grid.ts'
export type { Interval } from './intervals.ts'
export { type LossChartOptions, type LossSeries, lossChart, movingAverage } from './loss-chart.ts'
export { type RadarOptions, type RadarSeries, radarByCategory } from './radar.ts'
export {
  htmlReport,
  type ProvenanceValue,
  type ReportOptions,
  type ReportSection,
  type SettingRow,
} from './report.ts'
