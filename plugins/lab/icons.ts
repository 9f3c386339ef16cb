// The icons of the panel and the launcher, in the theme's colours.
import { LabIcon } from '@jupyterlab/ui-components'

const svg = (size: number, inside: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 ${size} ${size}">${inside}</svg>`

// Not the attribute fill="none": the theme would fill it.
const strokes =
  'class="jp-icon3" style="fill: none" stroke="#616161" stroke-linecap="round" stroke-linejoin="round"'

/** Three skills that become one model. */
export const selmaIcon = new LabIcon({
  name: 'selma:logo',
  svgstr: svg(
    24,
    '<g class="jp-icon3 jp-icon-selectable" style="fill: none" stroke="#616161" stroke-width="1.6" stroke-linecap="round">' +
      '<path d="M6 6h4c3 0 3 6 6 6M6 12h10M6 18h4c3 0 3-6 6-6"/></g>' +
      '<g class="jp-icon3 jp-icon-selectable" fill="#616161"><circle cx="5" cy="6" r="2.4"/>' +
      '<path d="M5 9.4l2.6 4.6H2.4z"/><path d="M2.8 15.8h4.4v4.4H2.8z"/><circle cx="18" cy="12" r="4"/></g>',
  ),
})

/** In colours, for the launcher's card. */
export const notebookIcon = new LabIcon({
  name: 'selma:notebook',
  svgstr: svg(
    64,
    '<rect width="64" height="64" rx="13" fill="#1b2440"/><g fill="none" stroke="#e9edf7" stroke-width="3.5" ' +
      'stroke-linecap="round"><path d="M14 17h12c8 0 8 15 17 15M14 32h29M14 47h12c8 0 8-15 17-15"/></g>' +
      '<circle cx="14" cy="17" r="6" fill="#f2545b"/><path d="M14 25.4 20.2 36.6H7.8z" fill="#f5b83d"/>' +
      '<rect x="8.4" y="41.4" width="11.2" height="11.2" rx="1.6" fill="#3fa7f0"/>' +
      '<circle cx="46" cy="32" r="11" fill="#e9edf7"/><path d="M41 32.4l3.6 3.8 6.6-8" fill="none" ' +
      'stroke="#1b2440" stroke-width="3.2" stroke-linecap="round" stroke-linejoin="round"/>',
  ),
})

/** A list of runs and how far they are, for the launcher's card. */
export const runsIcon = new LabIcon({
  name: 'selma:runs',
  svgstr: svg(
    64,
    '<rect width="64" height="64" rx="13" fill="#1b2440"/><g stroke-width="7" stroke-linecap="round" ' +
      'stroke="#4a5678"><path d="M14 18h36M14 32h36M14 46h36"/></g><g stroke-width="7" stroke-linecap="round">' +
      '<path stroke="#f2545b" d="M14 18h30"/><path stroke="#f5b83d" d="M14 32h14"/>' +
      '<path stroke="#3fa7f0" d="M14 46h22"/></g>',
  ),
})

export const compareIcon = new LabIcon({
  name: 'selma:compare',
  svgstr: svg(
    24,
    `<path ${strokes} stroke-width="2" d="M3 3v18h18M6.5 8c3 0 4 7 7 7s4-3 7-3M6.5 15c3 0 5-9 8-9 2 0 3 2 6 2"/>`,
  ),
})
