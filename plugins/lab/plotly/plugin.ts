// Registers the renderer of Plotly figures. Figures are drawn anew when the theme or the setting changes.
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application'
import { IThemeManager } from '@jupyterlab/apputils'
import { IRenderMimeRegistry } from '@jupyterlab/rendermime'
import { ISettingRegistry } from '@jupyterlab/settingregistry'
import { ITranslator, nullTranslator } from '@jupyterlab/translation'
import { FigureRenderer, plotlyType } from './renderer.ts'
import { FigureStyle, IFigureStyle } from './style.ts'

const id = '@selma-lab/jupyterlab:plotly'

export const plotlyPlugin: JupyterFrontEndPlugin<IFigureStyle> = {
  id,
  description: 'Draws Plotly figures in the colours of the theme.',
  autoStart: true,
  provides: IFigureStyle,
  requires: [IRenderMimeRegistry],
  optional: [IThemeManager, ISettingRegistry, ITranslator],
  activate: (
    _app: JupyterFrontEnd,
    registry: IRenderMimeRegistry,
    themes: IThemeManager | null,
    settings: ISettingRegistry | null,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load('selma_lab')
    const style = new FigureStyle()
    themes?.themeChanged.connect(() => style.restyle())
    void settings
      ?.load(id)
      .then((loaded) => {
        const read = () => style.set(loaded.get('followTheme').composite !== false)
        loaded.changed.connect(read)
        read()
      })
      .catch((error) => console.warn(`${id}: the settings cannot be read`, error))
    registry.addFactory(
      {
        safe: true,
        mimeTypes: [plotlyType],
        defaultRank: 0,
        createRenderer: () =>
          new FigureRenderer({
            trans,
            followTheme: () => style.followTheme,
            onRestyle: (redraw) => {
              style.changed.connect(redraw)
              return () => {
                style.changed.disconnect(redraw)
              }
            },
          }),
      },
      0,
    )
    return style
  },
}
