// The standard widgets: the 69 models of @jupyter-widgets/schema 0.5.6, with their properties, types and
// defaults. Written by scripts/generate-widgets.ts (`node --import tsx scripts/generate-widgets.ts`): change that.
// biome-ignore-all lint/suspicious/noUnsafeDeclarationMerging: the properties are defined from the same table
import { Bounded, BoundedLog, BoundedRange, Tags } from './bounded.ts'
import { BoxBase, SelectionContainer, TabContainer } from './containers.ts'
import { ButtonBase, file, LayoutBase, MediaBase, TextBase, type UploadedFile } from './controls.ts'
import { DOMWidget } from './dom-widget.ts'
import { OutputBase } from './output-base.ts'
import {
  MultipleSelection,
  type MultipleSelectionState,
  multipleSelectionTraits,
  Selection,
  type SelectionState,
  selectionTraits,
} from './selection.ts'
import { date, datetime, naiveDatetime, type TimeOfDay, time } from './times.ts'
import {
  bool,
  bytes,
  choice,
  either,
  float,
  int,
  list,
  localOnly,
  nullable,
  optional,
  place,
  record,
  reference,
  secret,
  text,
  widget,
} from './traits.ts'
import { Widget } from './widget.ts'

/** Properties of every model. */
export interface ModelState {
  /** How many views there are in the page; counted only when set to 0 at first. */
  _view_count: number | null
}
const modelTraits = { _view_count: optional(int(null)) }

/** Properties of everything that has a place in the page. */
export interface DOMState extends ModelState {
  /** CSS classes applied to widget DOM element. */
  _dom_classes: readonly string[]
  layout: Layout
  /** Is widget tabbable?. */
  tabbable: boolean | null
  /** A tooltip caption. */
  tooltip: string | null
}
export const domTraits = {
  ...modelTraits,
  _dom_classes: list(text('')),
  layout: reference(() => Layout),
  tabbable: optional(bool(null)),
  tooltip: optional(text(null)),
}

/** Properties of controls with a description. */
export interface DescribedState extends DOMState {
  /** Description of the control. Default ''. */
  description: string
  /** Accept HTML in the description. Default false. */
  description_allow_html: boolean
}
const describedTraits = { ...domTraits, description: text(''), description_allow_html: bool(false) }

export interface LayoutState extends ModelState {
  /** The align-content CSS attribute. */
  align_content:
    | 'flex-start'
    | 'flex-end'
    | 'center'
    | 'space-between'
    | 'space-around'
    | 'space-evenly'
    | 'stretch'
    | 'inherit'
    | 'initial'
    | 'unset'
    | null
  /** The align-items CSS attribute. */
  align_items:
    | 'flex-start'
    | 'flex-end'
    | 'center'
    | 'baseline'
    | 'stretch'
    | 'inherit'
    | 'initial'
    | 'unset'
    | null
  /** The align-self CSS attribute. */
  align_self:
    | 'auto'
    | 'flex-start'
    | 'flex-end'
    | 'center'
    | 'baseline'
    | 'stretch'
    | 'inherit'
    | 'initial'
    | 'unset'
    | null
  /** The border bottom CSS attribute. */
  border_bottom: string | null
  /** The border left CSS attribute. */
  border_left: string | null
  /** The border right CSS attribute. */
  border_right: string | null
  /** The border top CSS attribute. */
  border_top: string | null
  /** The bottom CSS attribute. */
  bottom: string | null
  /** The display CSS attribute. */
  display: string | null
  /** The flex CSS attribute. */
  flex: string | null
  /** The flex-flow CSS attribute. */
  flex_flow: string | null
  /** The grid-area CSS attribute. */
  grid_area: string | null
  /** The grid-auto-columns CSS attribute. */
  grid_auto_columns: string | null
  /** The grid-auto-flow CSS attribute. */
  grid_auto_flow: 'column' | 'row' | 'row dense' | 'column dense' | 'inherit' | 'initial' | 'unset' | null
  /** The grid-auto-rows CSS attribute. */
  grid_auto_rows: string | null
  /** The grid-column CSS attribute. */
  grid_column: string | null
  /** The grid-gap CSS attribute. */
  grid_gap: string | null
  /** The grid-row CSS attribute. */
  grid_row: string | null
  /** The grid-template-areas CSS attribute. */
  grid_template_areas: string | null
  /** The grid-template-columns CSS attribute. */
  grid_template_columns: string | null
  /** The grid-template-rows CSS attribute. */
  grid_template_rows: string | null
  /** The height CSS attribute. */
  height: string | null
  /** The justify-content CSS attribute. */
  justify_content:
    | 'flex-start'
    | 'flex-end'
    | 'center'
    | 'space-between'
    | 'space-around'
    | 'inherit'
    | 'initial'
    | 'unset'
    | null
  /** The justify-items CSS attribute. */
  justify_items: 'flex-start' | 'flex-end' | 'center' | 'inherit' | 'initial' | 'unset' | null
  /** The left CSS attribute. */
  left: string | null
  /** The margin CSS attribute. */
  margin: string | null
  /** The max-height CSS attribute. */
  max_height: string | null
  /** The max-width CSS attribute. */
  max_width: string | null
  /** The min-height CSS attribute. */
  min_height: string | null
  /** The min-width CSS attribute. */
  min_width: string | null
  /** The object-fit CSS attribute. */
  object_fit: 'contain' | 'cover' | 'fill' | 'scale-down' | 'none' | null
  /** The object-position CSS attribute. */
  object_position: string | null
  /** The order CSS attribute. */
  order: string | null
  /** The overflow CSS attribute. */
  overflow: string | null
  /** The padding CSS attribute. */
  padding: string | null
  /** The right CSS attribute. */
  right: string | null
  /** The top CSS attribute. */
  top: string | null
  /** The visibility CSS attribute. */
  visibility: 'visible' | 'hidden' | 'inherit' | 'initial' | 'unset' | null
  /** The width CSS attribute. */
  width: string | null
  /** The four borders together; null where they differ. */
  border: string | null
}
export interface Layout extends LayoutState {}
export class Layout extends LayoutBase<LayoutState> {
  static {
    Layout.define(Layout, {
      model: ['@jupyter-widgets/base', '2.0.0', 'LayoutModel'],
      view: ['@jupyter-widgets/base', '2.0.0', 'LayoutView'],
      traits: {
        ...modelTraits,
        align_content: optional(
          choice(null, [
            'flex-start',
            'flex-end',
            'center',
            'space-between',
            'space-around',
            'space-evenly',
            'stretch',
            'inherit',
            'initial',
            'unset',
          ]),
        ),
        align_items: optional(
          choice(null, [
            'flex-start',
            'flex-end',
            'center',
            'baseline',
            'stretch',
            'inherit',
            'initial',
            'unset',
          ]),
        ),
        align_self: optional(
          choice(null, [
            'auto',
            'flex-start',
            'flex-end',
            'center',
            'baseline',
            'stretch',
            'inherit',
            'initial',
            'unset',
          ]),
        ),
        border_bottom: optional(text(null)),
        border_left: optional(text(null)),
        border_right: optional(text(null)),
        border_top: optional(text(null)),
        bottom: optional(text(null)),
        display: optional(text(null)),
        flex: optional(text(null)),
        flex_flow: optional(text(null)),
        grid_area: optional(text(null)),
        grid_auto_columns: optional(text(null)),
        grid_auto_flow: optional(
          choice(null, ['column', 'row', 'row dense', 'column dense', 'inherit', 'initial', 'unset']),
        ),
        grid_auto_rows: optional(text(null)),
        grid_column: optional(text(null)),
        grid_gap: optional(text(null)),
        grid_row: optional(text(null)),
        grid_template_areas: optional(text(null)),
        grid_template_columns: optional(text(null)),
        grid_template_rows: optional(text(null)),
        height: optional(text(null)),
        justify_content: optional(
          choice(null, [
            'flex-start',
            'flex-end',
            'center',
            'space-between',
            'space-around',
            'inherit',
            'initial',
            'unset',
          ]),
        ),
        justify_items: optional(
          choice(null, ['flex-start', 'flex-end', 'center', 'inherit', 'initial', 'unset']),
        ),
        left: optional(text(null)),
        margin: optional(text(null)),
        max_height: optional(text(null)),
        max_width: optional(text(null)),
        min_height: optional(text(null)),
        min_width: optional(text(null)),
        object_fit: optional(choice(null, ['contain', 'cover', 'fill', 'scale-down', 'none'])),
        object_position: optional(text(null)),
        order: optional(text(null)),
        overflow: optional(text(null)),
        padding: optional(text(null)),
        right: optional(text(null)),
        top: optional(text(null)),
        visibility: optional(choice(null, ['visible', 'hidden', 'inherit', 'initial', 'unset'])),
        width: optional(text(null)),
        border: localOnly(optional(text(''))),
      },
    })
  }
}

export interface AccordionState extends DOMState {
  /** Use a predefined styling for the box. Default ''. */
  box_style: 'success' | 'info' | 'warning' | 'danger' | ''
  /** List of widget children. */
  children: readonly Widget[]
  /** The index of the selected page. This is either an integer selecting a particular sub-widget, or None to have no widgets selected. */
  selected_index: number | null
  /** Titles of the pages. */
  titles: readonly string[]
}
export interface Accordion extends AccordionState {}
export class Accordion extends SelectionContainer<AccordionState> {
  static {
    Accordion.define(Accordion, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'AccordionModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'AccordionView'],
      traits: {
        ...domTraits,
        box_style: choice('', ['success', 'info', 'warning', 'danger', '']),
        children: list(widget()),
        selected_index: optional(int(null)),
        titles: list(text('')),
      },
    })
  }
}

export interface AudioState extends DOMState {
  /** When true, the audio starts when it's displayed. Default true. */
  autoplay: boolean
  /** Specifies that audio controls should be displayed (such as a play/pause button etc). Default true. */
  controls: boolean
  /** The format of the audio. Default 'mp3'. */
  format: string
  /** When true, the audio will start from the beginning after finishing. Default true. */
  loop: boolean
  /** The media data as a memory view of bytes. */
  value: Uint8Array
}
export interface Audio extends AudioState {}
export class Audio extends MediaBase<AudioState> {
  static {
    Audio.define(Audio, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'AudioModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'AudioView'],
      traits: {
        ...domTraits,
        autoplay: bool(true),
        controls: bool(true),
        format: text('mp3'),
        loop: bool(true),
        value: bytes(),
      },
    })
  }
}

export interface BoundedFloatTextState extends DescribedState {
  /** Update the value as the user types. If False, update on submission, e.g., pressing Enter or navigating away. Default false. */
  continuous_update: boolean
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Max value. Default 100. */
  max: number
  /** Min value. Default 0. */
  min: number
  /** Minimum step to increment the value. */
  step: number | null
  /** Styling customizations. */
  style: DescriptionStyle
  /** Float value. Default 0. */
  value: number
}
export interface BoundedFloatText extends BoundedFloatTextState {}
export class BoundedFloatText extends Bounded<BoundedFloatTextState> {
  static {
    BoundedFloatText.define(BoundedFloatText, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'BoundedFloatTextModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'FloatTextView'],
      traits: {
        ...describedTraits,
        continuous_update: bool(false),
        disabled: bool(false),
        max: float(100),
        min: float(0),
        step: optional(float(null)),
        style: reference(() => DescriptionStyle),
        value: float(0),
      },
    })
  }
}

export interface BoundedIntTextState extends DescribedState {
  /** Update the value as the user types. If False, update on submission, e.g., pressing Enter or navigating away. Default false. */
  continuous_update: boolean
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Max value. Default 100. */
  max: number
  /** Min value. Default 0. */
  min: number
  /** Minimum step to increment the value. Default 1. */
  step: number
  /** Styling customizations. */
  style: DescriptionStyle
  /** Int value. Default 0. */
  value: number
}
export interface BoundedIntText extends BoundedIntTextState {}
export class BoundedIntText extends Bounded<BoundedIntTextState> {
  static {
    BoundedIntText.define(BoundedIntText, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'BoundedIntTextModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'IntTextView'],
      traits: {
        ...describedTraits,
        continuous_update: bool(false),
        disabled: bool(false),
        max: int(100),
        min: int(0),
        step: int(1),
        style: reference(() => DescriptionStyle),
        value: int(0),
      },
    })
  }
}

export interface BoxState extends DOMState {
  /** Use a predefined styling for the box. Default ''. */
  box_style: 'success' | 'info' | 'warning' | 'danger' | ''
  /** List of widget children. */
  children: readonly Widget[]
}
export interface Box extends BoxState {}
export class Box extends BoxBase<BoxState> {
  static {
    Box.define(Box, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'BoxModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'BoxView'],
      traits: {
        ...domTraits,
        box_style: choice('', ['success', 'info', 'warning', 'danger', '']),
        children: list(widget()),
      },
    })
  }
}

export interface ButtonState extends DOMState {
  /** Use a predefined styling for the button. Default ''. */
  button_style: 'primary' | 'success' | 'info' | 'warning' | 'danger' | ''
  /** Button label. Default ''. */
  description: string
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Font-awesome icon names, without the 'fa-' prefix. Default ''. */
  icon: string
  style: ButtonStyle
}
export interface Button extends ButtonState {}
export class Button extends ButtonBase<ButtonState> {
  static {
    Button.define(Button, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'ButtonModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'ButtonView'],
      traits: {
        ...domTraits,
        button_style: choice('', ['primary', 'success', 'info', 'warning', 'danger', '']),
        description: text(''),
        disabled: bool(false),
        icon: text(''),
        style: reference(() => ButtonStyle),
      },
    })
  }
}

export interface ButtonStyleState extends ModelState {
  /** Color of the button. */
  button_color: string | null
  /** Button text font family. */
  font_family: string | null
  /** Button text font size. */
  font_size: string | null
  /** Button text font style. */
  font_style: string | null
  /** Button text font variant. */
  font_variant: string | null
  /** Button text font weight. */
  font_weight: string | null
  /** Button text color. */
  text_color: string | null
  /** Button text decoration. */
  text_decoration: string | null
}
export interface ButtonStyle extends ButtonStyleState {}
export class ButtonStyle extends Widget<ButtonStyleState> {
  static {
    ButtonStyle.define(ButtonStyle, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'ButtonStyleModel'],
      view: ['@jupyter-widgets/base', '2.0.0', 'StyleView'],
      traits: {
        ...modelTraits,
        button_color: optional(text(null)),
        font_family: optional(text(null)),
        font_size: optional(text(null)),
        font_style: optional(text(null)),
        font_variant: optional(text(null)),
        font_weight: optional(text(null)),
        text_color: optional(text(null)),
        text_decoration: optional(text(null)),
      },
    })
  }
}

export interface CheckboxState extends DescribedState {
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Indent the control to align with other controls with a description. Default true. */
  indent: boolean
  /** Styling customizations. */
  style: CheckboxStyle
  /** Bool value. Default false. */
  value: boolean
}
export interface Checkbox extends CheckboxState {}
export class Checkbox extends DOMWidget<CheckboxState> {
  static {
    Checkbox.define(Checkbox, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'CheckboxModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'CheckboxView'],
      traits: {
        ...describedTraits,
        disabled: bool(false),
        indent: bool(true),
        style: reference(() => CheckboxStyle),
        value: bool(false),
      },
    })
  }
}

export interface CheckboxStyleState extends ModelState {
  /** Background specifications. */
  background: string | null
  /** Width of the description to the side of the control. Default ''. */
  description_width: string
}
export interface CheckboxStyle extends CheckboxStyleState {}
export class CheckboxStyle extends Widget<CheckboxStyleState> {
  static {
    CheckboxStyle.define(CheckboxStyle, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'CheckboxStyleModel'],
      view: ['@jupyter-widgets/base', '2.0.0', 'StyleView'],
      traits: {
        ...modelTraits,
        background: optional(text(null)),
        description_width: text(''),
      },
    })
  }
}

export interface ColorPickerState extends DescribedState {
  /** Display short version with just a color selector. Default false. */
  concise: boolean
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Styling customizations. */
  style: DescriptionStyle
  /** The color value. Default 'black'. */
  value: string
}
export interface ColorPicker extends ColorPickerState {}
export class ColorPicker extends DOMWidget<ColorPickerState> {
  static {
    ColorPicker.define(ColorPicker, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'ColorPickerModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'ColorPickerView'],
      traits: {
        ...describedTraits,
        concise: bool(false),
        disabled: bool(false),
        style: reference(() => DescriptionStyle),
        value: text('black'),
      },
    })
  }
}

export interface ColorsInputState extends DescribedState {
  /** Default true. */
  allow_duplicates: boolean
  allowed_tags: readonly string[]
  placeholder: string
  /** Styling customizations. */
  style: DescriptionStyle
  /** List of string tags. */
  value: readonly string[]
}
export interface ColorsInput extends ColorsInputState {}
export class ColorsInput extends Tags<ColorsInputState> {
  static {
    ColorsInput.define(ColorsInput, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'ColorsInputModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'ColorsInputView'],
      traits: {
        ...describedTraits,
        allow_duplicates: bool(true),
        allowed_tags: list(text('')),
        placeholder: text('\u200b'),
        style: reference(() => DescriptionStyle),
        value: list(text('')),
      },
    })
  }
}

export interface ComboboxState extends DescribedState {
  /** Update the value as the user types. If False, update on submission, e.g., pressing Enter or navigating away. Default true. */
  continuous_update: boolean
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** If set, ensure value is in options. Implies continuous_update=False. Default false. */
  ensure_option: boolean
  /** Dropdown options for the combobox. */
  options: readonly string[]
  /** Placeholder text to display when nothing has been typed. */
  placeholder: string
  style: TextStyle
  /** String value. Default ''. */
  value: string
}
export interface Combobox extends ComboboxState {}
export class Combobox extends TextBase<ComboboxState> {
  static {
    Combobox.define(Combobox, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'ComboboxModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'ComboboxView'],
      traits: {
        ...describedTraits,
        continuous_update: bool(true),
        disabled: bool(false),
        ensure_option: bool(false),
        options: list(text('')),
        placeholder: text('\u200b'),
        style: reference(() => TextStyle),
        value: text(''),
      },
    })
  }
}

export interface ControllerAxisState extends DOMState {
  /** The value of the axis. Default 0. */
  value: number
}
export interface ControllerAxis extends ControllerAxisState {}
export class ControllerAxis extends DOMWidget<ControllerAxisState> {
  static {
    ControllerAxis.define(ControllerAxis, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'ControllerAxisModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'ControllerAxisView'],
      traits: {
        ...domTraits,
        value: float(0),
      },
    })
  }
}

export interface ControllerButtonState extends DOMState {
  /** Whether the button is pressed. Default false. */
  pressed: boolean
  /** The value of the button. Default 0. */
  value: number
}
export interface ControllerButton extends ControllerButtonState {}
export class ControllerButton extends DOMWidget<ControllerButtonState> {
  static {
    ControllerButton.define(ControllerButton, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'ControllerButtonModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'ControllerButtonView'],
      traits: {
        ...domTraits,
        pressed: bool(false),
        value: float(0),
      },
    })
  }
}

export interface ControllerState extends DOMState {
  /** The axes on the gamepad. */
  axes: readonly ControllerAxis[]
  /** The buttons on the gamepad. */
  buttons: readonly ControllerButton[]
  /** Whether the gamepad is connected. Default false. */
  connected: boolean
  /** The id number of the controller. Default 0. */
  index: number
  /** The name of the control mapping. Default ''. */
  mapping: string
  /** The name of the controller. Default ''. */
  name: string
  /** The last time the data from this gamepad was updated. Default 0. */
  timestamp: number
}
export interface Controller extends ControllerState {}
export class Controller extends DOMWidget<ControllerState> {
  static {
    Controller.define(Controller, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'ControllerModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'ControllerView'],
      traits: {
        ...domTraits,
        axes: list(widget()),
        buttons: list(widget()),
        connected: bool(false),
        index: int(0),
        mapping: text(''),
        name: text(''),
        timestamp: float(0),
      },
    })
  }
}

export interface MediaState extends DOMState {
  /** The media data as a memory view of bytes. */
  value: Uint8Array
}
export interface Media extends MediaState {}
export class Media extends MediaBase<MediaState> {
  static {
    Media.define(Media, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'DOMWidgetModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', null],
      traits: {
        ...domTraits,
        value: bytes(),
      },
    })
  }
}

export interface DatePickerState extends DescribedState {
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  max: Date | null
  min: Date | null
  /** The date step to use for the picker, in days, or "any". Default 1. */
  step: number | 'any'
  /** Styling customizations. */
  style: DescriptionStyle
  value: Date | null
}
export interface DatePicker extends DatePickerState {}
export class DatePicker extends Bounded<DatePickerState> {
  static {
    DatePicker.define(DatePicker, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'DatePickerModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'DatePickerView'],
      traits: {
        ...describedTraits,
        disabled: bool(false),
        max: optional(date()),
        min: optional(date()),
        step: either(int(1), choice(1, ['any'])),
        style: reference(() => DescriptionStyle),
        value: optional(date()),
      },
    })
  }
}

export interface DatetimePickerState extends DescribedState {
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  max: Date | null
  min: Date | null
  /** Styling customizations. */
  style: DescriptionStyle
  value: Date | null
}
export interface DatetimePicker extends DatetimePickerState {}
export class DatetimePicker extends Bounded<DatetimePickerState> {
  static {
    DatetimePicker.define(DatetimePicker, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'DatetimeModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'DatetimeView'],
      traits: {
        ...describedTraits,
        disabled: bool(false),
        max: optional(datetime()),
        min: optional(datetime()),
        style: reference(() => DescriptionStyle),
        value: optional(datetime()),
      },
    })
  }
}

export interface DescriptionStyleState extends ModelState {
  /** Width of the description to the side of the control. Default ''. */
  description_width: string
}
export interface DescriptionStyle extends DescriptionStyleState {}
export class DescriptionStyle extends Widget<DescriptionStyleState> {
  static {
    DescriptionStyle.define(DescriptionStyle, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'DescriptionStyleModel'],
      view: ['@jupyter-widgets/base', '2.0.0', 'StyleView'],
      traits: {
        ...modelTraits,
        description_width: text(''),
      },
    })
  }
}

export interface DirectionalLinkState extends ModelState {
  /** The source (widget, 'trait_name') pair. */
  source: readonly [Widget, string] | readonly []
  /** The target (widget, 'trait_name') pair. */
  target: readonly [Widget, string] | readonly []
}
export interface DirectionalLink extends DirectionalLinkState {}
export class DirectionalLink extends Widget<DirectionalLinkState> {
  static {
    DirectionalLink.define(DirectionalLink, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'DirectionalLinkModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', null],
      traits: {
        ...modelTraits,
        source: place(),
        target: place(),
      },
    })
  }
}

export interface DropdownState<T = unknown> extends DescribedState, SelectionState<T> {
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Styling customizations. */
  style: DescriptionStyle
}
export interface Dropdown<T = unknown> extends DropdownState<T> {}
export class Dropdown<T = unknown> extends Selection<T, DropdownState<T>> {
  static {
    Dropdown.define(Dropdown, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'DropdownModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'DropdownView'],
      traits: {
        ...describedTraits,
        ...selectionTraits(optional(int(null))),
        disabled: bool(false),
        style: reference(() => DescriptionStyle),
      },
    })
  }
}

export interface FileUploadState extends DescribedState {
  /** File types to accept, empty string for all. Default ''. */
  accept: string
  /** Use a predefined styling for the button. Default ''. */
  button_style: 'primary' | 'success' | 'info' | 'warning' | 'danger' | ''
  /** Enable or disable button. Default false. */
  disabled: boolean
  /** Error message. Default ''. */
  error: string
  /** Font-awesome icon name, without the 'fa-' prefix. Default 'upload'. */
  icon: string
  /** If True, allow for multiple files upload. Default false. */
  multiple: boolean
  style: ButtonStyle
  /** The file upload value. */
  value: readonly UploadedFile[]
}
export interface FileUpload extends FileUploadState {}
export class FileUpload extends DOMWidget<FileUploadState> {
  static {
    FileUpload.define(FileUpload, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'FileUploadModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'FileUploadView'],
      traits: {
        ...describedTraits,
        description: text('Upload'),
        accept: text(''),
        button_style: choice('', ['primary', 'success', 'info', 'warning', 'danger', '']),
        disabled: bool(false),
        error: text(''),
        icon: text('upload'),
        multiple: bool(false),
        style: reference(() => ButtonStyle),
        value: { ...list(file()), echo: false },
      },
    })
  }
}

export interface FloatLogSliderState extends DescribedState {
  /** Base for the logarithm. Default 10. */
  base: number
  /** Slider dragging behavior. Default 'drag-tap'. */
  behavior: 'drag-tap' | 'drag-snap' | 'tap' | 'drag' | 'snap'
  /** Update the value of the widget as the user is holding the slider. Default true. */
  continuous_update: boolean
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Max value for the exponent. Default 4. */
  max: number
  /** Min value for the exponent. Default 0. */
  min: number
  /** Vertical or horizontal. Default 'horizontal'. */
  orientation: 'horizontal' | 'vertical'
  /** Display the current value of the slider next to it. Default true. */
  readout: boolean
  /** Format for the readout. Default '.3g'. */
  readout_format: string
  /** Minimum step in the exponent to increment the value. Default 0.1. */
  step: number | null
  style: SliderStyle
  /** Float value. Default 1. */
  value: number
}
export interface FloatLogSlider extends FloatLogSliderState {}
export class FloatLogSlider extends BoundedLog<FloatLogSliderState> {
  static {
    FloatLogSlider.define(FloatLogSlider, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'FloatLogSliderModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'FloatLogSliderView'],
      traits: {
        ...describedTraits,
        base: float(10),
        behavior: choice('drag-tap', ['drag-tap', 'drag-snap', 'tap', 'drag', 'snap']),
        continuous_update: bool(true),
        disabled: bool(false),
        max: float(4),
        min: float(0),
        orientation: choice('horizontal', ['horizontal', 'vertical']),
        readout: bool(true),
        readout_format: text('.3g'),
        step: nullable(float(0.1)),
        style: reference(() => SliderStyle),
        value: float(1),
      },
    })
  }
}

export interface FloatProgressState extends DescribedState {
  /** Use a predefined styling for the progress bar. Default ''. */
  bar_style: 'success' | 'info' | 'warning' | 'danger' | '' | null
  /** Max value. Default 100. */
  max: number
  /** Min value. Default 0. */
  min: number
  /** Vertical or horizontal. Default 'horizontal'. */
  orientation: 'horizontal' | 'vertical'
  style: ProgressStyle
  /** Float value. Default 0. */
  value: number
}
export interface FloatProgress extends FloatProgressState {}
export class FloatProgress extends Bounded<FloatProgressState> {
  static {
    FloatProgress.define(FloatProgress, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'FloatProgressModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'ProgressView'],
      traits: {
        ...describedTraits,
        bar_style: nullable(choice('', ['success', 'info', 'warning', 'danger', ''])),
        max: float(100),
        min: float(0),
        orientation: choice('horizontal', ['horizontal', 'vertical']),
        style: reference(() => ProgressStyle),
        value: float(0),
      },
    })
  }
}

export interface FloatRangeSliderState extends DescribedState {
  /** Slider dragging behavior. Default 'drag-tap'. */
  behavior: 'drag-tap' | 'drag-snap' | 'tap' | 'drag' | 'snap'
  /** Update the value of the widget as the user is sliding the slider. Default true. */
  continuous_update: boolean
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Max value. Default 100. */
  max: number
  /** Min value. Default 0. */
  min: number
  /** Vertical or horizontal. Default 'horizontal'. */
  orientation: 'horizontal' | 'vertical'
  /** Display the current value of the slider next to it. Default true. */
  readout: boolean
  /** Format for the readout. Default '.2f'. */
  readout_format: string
  /** Minimum step to increment the value. Default 0.1. */
  step: number | null
  style: SliderStyle
  /** Tuple of (lower, upper) bounds. */
  value: readonly [number, number]
}
export interface FloatRangeSlider extends FloatRangeSliderState {}
export class FloatRangeSlider extends BoundedRange<FloatRangeSliderState> {
  static {
    FloatRangeSlider.define(FloatRangeSlider, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'FloatRangeSliderModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'FloatRangeSliderView'],
      traits: {
        ...describedTraits,
        behavior: choice('drag-tap', ['drag-tap', 'drag-snap', 'tap', 'drag', 'snap']),
        continuous_update: bool(true),
        disabled: bool(false),
        max: float(100),
        min: float(0),
        orientation: choice('horizontal', ['horizontal', 'vertical']),
        readout: bool(true),
        readout_format: text('.2f'),
        step: nullable(float(0.1)),
        style: reference(() => SliderStyle),
        value: list(float(0), [0, 1], 2),
      },
    })
  }
}

export interface FloatSliderState extends DescribedState {
  /** Slider dragging behavior. Default 'drag-tap'. */
  behavior: 'drag-tap' | 'drag-snap' | 'tap' | 'drag' | 'snap'
  /** Update the value of the widget as the user is holding the slider. Default true. */
  continuous_update: boolean
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Max value. Default 100. */
  max: number
  /** Min value. Default 0. */
  min: number
  /** Vertical or horizontal. Default 'horizontal'. */
  orientation: 'horizontal' | 'vertical'
  /** Display the current value of the slider next to it. Default true. */
  readout: boolean
  /** Format for the readout. Default '.2f'. */
  readout_format: string
  /** Minimum step to increment the value. Default 0.1. */
  step: number | null
  style: SliderStyle
  /** Float value. Default 0. */
  value: number
}
export interface FloatSlider extends FloatSliderState {}
export class FloatSlider extends Bounded<FloatSliderState> {
  static {
    FloatSlider.define(FloatSlider, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'FloatSliderModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'FloatSliderView'],
      traits: {
        ...describedTraits,
        behavior: choice('drag-tap', ['drag-tap', 'drag-snap', 'tap', 'drag', 'snap']),
        continuous_update: bool(true),
        disabled: bool(false),
        max: float(100),
        min: float(0),
        orientation: choice('horizontal', ['horizontal', 'vertical']),
        readout: bool(true),
        readout_format: text('.2f'),
        step: nullable(float(0.1)),
        style: reference(() => SliderStyle),
        value: float(0),
      },
    })
  }
}

export interface FloatTextState extends DescribedState {
  /** Update the value as the user types. If False, update on submission, e.g., pressing Enter or navigating away. Default false. */
  continuous_update: boolean
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Minimum step to increment the value. */
  step: number | null
  /** Styling customizations. */
  style: DescriptionStyle
  /** Float value. Default 0. */
  value: number
}
export interface FloatText extends FloatTextState {}
export class FloatText extends DOMWidget<FloatTextState> {
  static {
    FloatText.define(FloatText, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'FloatTextModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'FloatTextView'],
      traits: {
        ...describedTraits,
        continuous_update: bool(false),
        disabled: bool(false),
        step: optional(float(null)),
        style: reference(() => DescriptionStyle),
        value: float(0),
      },
    })
  }
}

export interface FloatsInputState extends DescribedState {
  /** Default true. */
  allow_duplicates: boolean
  allowed_tags: readonly number[]
  /** Default '.1f'. */
  format: string
  max: number | null
  min: number | null
  placeholder: string
  /** Styling customizations. */
  style: DescriptionStyle
  /** Use a predefined styling for the tags. Default ''. */
  tag_style: 'primary' | 'success' | 'info' | 'warning' | 'danger' | ''
  /** List of float tags. */
  value: readonly number[]
}
export interface FloatsInput extends FloatsInputState {}
export class FloatsInput extends Tags<FloatsInputState> {
  static {
    FloatsInput.define(FloatsInput, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'FloatsInputModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'FloatsInputView'],
      traits: {
        ...describedTraits,
        allow_duplicates: bool(true),
        allowed_tags: list(float(0)),
        format: text('.1f'),
        max: optional(float(null)),
        min: optional(float(null)),
        placeholder: text('\u200b'),
        style: reference(() => DescriptionStyle),
        tag_style: choice('', ['primary', 'success', 'info', 'warning', 'danger', '']),
        value: list(float(0)),
      },
    })
  }
}

export interface GridBoxState extends DOMState {
  /** Use a predefined styling for the box. Default ''. */
  box_style: 'success' | 'info' | 'warning' | 'danger' | ''
  /** List of widget children. */
  children: readonly Widget[]
}
export interface GridBox extends GridBoxState {}
export class GridBox extends BoxBase<GridBoxState> {
  static {
    GridBox.define(GridBox, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'GridBoxModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'GridBoxView'],
      traits: {
        ...domTraits,
        box_style: choice('', ['success', 'info', 'warning', 'danger', '']),
        children: list(widget()),
      },
    })
  }
}

export interface HBoxState extends DOMState {
  /** Use a predefined styling for the box. Default ''. */
  box_style: 'success' | 'info' | 'warning' | 'danger' | ''
  /** List of widget children. */
  children: readonly Widget[]
}
export interface HBox extends HBoxState {}
export class HBox extends BoxBase<HBoxState> {
  static {
    HBox.define(HBox, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'HBoxModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'HBoxView'],
      traits: {
        ...domTraits,
        box_style: choice('', ['success', 'info', 'warning', 'danger', '']),
        children: list(widget()),
      },
    })
  }
}

export interface HTMLMathState extends DescribedState {
  /** Placeholder text to display when nothing has been typed. */
  placeholder: string
  style: HTMLMathStyle
  /** String value. Default ''. */
  value: string
}
export interface HTMLMath extends HTMLMathState {}
export class HTMLMath extends DOMWidget<HTMLMathState> {
  static {
    HTMLMath.define(HTMLMath, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'HTMLMathModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'HTMLMathView'],
      traits: {
        ...describedTraits,
        placeholder: text('\u200b'),
        style: reference(() => HTMLMathStyle),
        value: text(''),
      },
    })
  }
}

export interface HTMLMathStyleState extends ModelState {
  /** Background specifications. */
  background: string | null
  /** Width of the description to the side of the control. Default ''. */
  description_width: string
  /** Text font size. */
  font_size: string | null
  /** Text color. */
  text_color: string | null
}
export interface HTMLMathStyle extends HTMLMathStyleState {}
export class HTMLMathStyle extends Widget<HTMLMathStyleState> {
  static {
    HTMLMathStyle.define(HTMLMathStyle, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'HTMLMathStyleModel'],
      view: ['@jupyter-widgets/base', '2.0.0', 'StyleView'],
      traits: {
        ...modelTraits,
        background: optional(text(null)),
        description_width: text(''),
        font_size: optional(text(null)),
        text_color: optional(text(null)),
      },
    })
  }
}

export interface HTMLState extends DescribedState {
  /** Placeholder text to display when nothing has been typed. */
  placeholder: string
  style: HTMLStyle
  /** String value. Default ''. */
  value: string
}
export interface HTML extends HTMLState {}
export class HTML extends DOMWidget<HTMLState> {
  static {
    HTML.define(HTML, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'HTMLModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'HTMLView'],
      traits: {
        ...describedTraits,
        placeholder: text('\u200b'),
        style: reference(() => HTMLStyle),
        value: text(''),
      },
    })
  }
}

export interface HTMLStyleState extends ModelState {
  /** Background specifications. */
  background: string | null
  /** Width of the description to the side of the control. Default ''. */
  description_width: string
  /** Text font size. */
  font_size: string | null
  /** Text color. */
  text_color: string | null
}
export interface HTMLStyle extends HTMLStyleState {}
export class HTMLStyle extends Widget<HTMLStyleState> {
  static {
    HTMLStyle.define(HTMLStyle, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'HTMLStyleModel'],
      view: ['@jupyter-widgets/base', '2.0.0', 'StyleView'],
      traits: {
        ...modelTraits,
        background: optional(text(null)),
        description_width: text(''),
        font_size: optional(text(null)),
        text_color: optional(text(null)),
      },
    })
  }
}

export interface ImageState extends DOMState {
  /** The format of the image. Default 'png'. */
  format: string
  /** Height of the image in pixels. Use layout.height for styling the widget. Default ''. */
  height: string
  /** The media data as a memory view of bytes. */
  value: Uint8Array
  /** Width of the image in pixels. Use layout.width for styling the widget. Default ''. */
  width: string
}
export interface Image extends ImageState {}
export class Image extends MediaBase<ImageState> {
  static {
    Image.define(Image, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'ImageModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'ImageView'],
      traits: {
        ...domTraits,
        format: text('png'),
        height: text(''),
        value: bytes(),
        width: text(''),
      },
    })
  }
}

export interface IntProgressState extends DescribedState {
  /** Use a predefined styling for the progress bar. Default ''. */
  bar_style: 'success' | 'info' | 'warning' | 'danger' | ''
  /** Max value. Default 100. */
  max: number
  /** Min value. Default 0. */
  min: number
  /** Vertical or horizontal. Default 'horizontal'. */
  orientation: 'horizontal' | 'vertical'
  style: ProgressStyle
  /** Int value. Default 0. */
  value: number
}
export interface IntProgress extends IntProgressState {}
export class IntProgress extends Bounded<IntProgressState> {
  static {
    IntProgress.define(IntProgress, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'IntProgressModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'ProgressView'],
      traits: {
        ...describedTraits,
        bar_style: choice('', ['success', 'info', 'warning', 'danger', '']),
        max: int(100),
        min: int(0),
        orientation: choice('horizontal', ['horizontal', 'vertical']),
        style: reference(() => ProgressStyle),
        value: int(0),
      },
    })
  }
}

export interface IntRangeSliderState extends DescribedState {
  /** Slider dragging behavior. Default 'drag-tap'. */
  behavior: 'drag-tap' | 'drag-snap' | 'tap' | 'drag' | 'snap'
  /** Update the value of the widget as the user is sliding the slider. Default true. */
  continuous_update: boolean
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Max value. Default 100. */
  max: number
  /** Min value. Default 0. */
  min: number
  /** Vertical or horizontal. Default 'horizontal'. */
  orientation: 'horizontal' | 'vertical'
  /** Display the current value of the slider next to it. Default true. */
  readout: boolean
  /** Format for the readout. Default 'd'. */
  readout_format: string
  /** Minimum step that the value can take. Default 1. */
  step: number
  /** Slider style customizations. */
  style: SliderStyle
  /** Tuple of (lower, upper) bounds. */
  value: readonly [number, number]
}
export interface IntRangeSlider extends IntRangeSliderState {}
export class IntRangeSlider extends BoundedRange<IntRangeSliderState> {
  static {
    IntRangeSlider.define(IntRangeSlider, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'IntRangeSliderModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'IntRangeSliderView'],
      traits: {
        ...describedTraits,
        behavior: choice('drag-tap', ['drag-tap', 'drag-snap', 'tap', 'drag', 'snap']),
        continuous_update: bool(true),
        disabled: bool(false),
        max: int(100),
        min: int(0),
        orientation: choice('horizontal', ['horizontal', 'vertical']),
        readout: bool(true),
        readout_format: text('d'),
        step: int(1),
        style: reference(() => SliderStyle),
        value: list(int(0), [0, 1], 2),
      },
    })
  }
}

export interface IntSliderState extends DescribedState {
  /** Slider dragging behavior. Default 'drag-tap'. */
  behavior: 'drag-tap' | 'drag-snap' | 'tap' | 'drag' | 'snap'
  /** Update the value of the widget as the user is holding the slider. Default true. */
  continuous_update: boolean
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Max value. Default 100. */
  max: number
  /** Min value. Default 0. */
  min: number
  /** Vertical or horizontal. Default 'horizontal'. */
  orientation: 'horizontal' | 'vertical'
  /** Display the current value of the slider next to it. Default true. */
  readout: boolean
  /** Format for the readout. Default 'd'. */
  readout_format: string
  /** Minimum step to increment the value. Default 1. */
  step: number
  style: SliderStyle
  /** Int value. Default 0. */
  value: number
}
export interface IntSlider extends IntSliderState {}
export class IntSlider extends Bounded<IntSliderState> {
  static {
    IntSlider.define(IntSlider, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'IntSliderModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'IntSliderView'],
      traits: {
        ...describedTraits,
        behavior: choice('drag-tap', ['drag-tap', 'drag-snap', 'tap', 'drag', 'snap']),
        continuous_update: bool(true),
        disabled: bool(false),
        max: int(100),
        min: int(0),
        orientation: choice('horizontal', ['horizontal', 'vertical']),
        readout: bool(true),
        readout_format: text('d'),
        step: int(1),
        style: reference(() => SliderStyle),
        value: int(0),
      },
    })
  }
}

export interface IntTextState extends DescribedState {
  /** Update the value as the user types. If False, update on submission, e.g., pressing Enter or navigating away. Default false. */
  continuous_update: boolean
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Minimum step to increment the value. Default 1. */
  step: number
  /** Styling customizations. */
  style: DescriptionStyle
  /** Int value. Default 0. */
  value: number
}
export interface IntText extends IntTextState {}
export class IntText extends DOMWidget<IntTextState> {
  static {
    IntText.define(IntText, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'IntTextModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'IntTextView'],
      traits: {
        ...describedTraits,
        continuous_update: bool(false),
        disabled: bool(false),
        step: int(1),
        style: reference(() => DescriptionStyle),
        value: int(0),
      },
    })
  }
}

export interface IntsInputState extends DescribedState {
  /** Default true. */
  allow_duplicates: boolean
  allowed_tags: readonly number[]
  /** Default 'd'. */
  format: string
  max: number | null
  min: number | null
  placeholder: string
  /** Styling customizations. */
  style: DescriptionStyle
  /** Use a predefined styling for the tags. Default ''. */
  tag_style: 'primary' | 'success' | 'info' | 'warning' | 'danger' | ''
  /** List of int tags. */
  value: readonly number[]
}
export interface IntsInput extends IntsInputState {}
export class IntsInput extends Tags<IntsInputState> {
  static {
    IntsInput.define(IntsInput, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'IntsInputModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'IntsInputView'],
      traits: {
        ...describedTraits,
        allow_duplicates: bool(true),
        allowed_tags: list(int(0)),
        format: text('d'),
        max: optional(int(null)),
        min: optional(int(null)),
        placeholder: text('\u200b'),
        style: reference(() => DescriptionStyle),
        tag_style: choice('', ['primary', 'success', 'info', 'warning', 'danger', '']),
        value: list(int(0)),
      },
    })
  }
}

export interface LabelState extends DescribedState {
  /** Placeholder text to display when nothing has been typed. */
  placeholder: string
  style: LabelStyle
  /** String value. Default ''. */
  value: string
}
export interface Label extends LabelState {}
export class Label extends DOMWidget<LabelState> {
  static {
    Label.define(Label, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'LabelModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'LabelView'],
      traits: {
        ...describedTraits,
        placeholder: text('\u200b'),
        style: reference(() => LabelStyle),
        value: text(''),
      },
    })
  }
}

export interface LabelStyleState extends ModelState {
  /** Background specifications. */
  background: string | null
  /** Width of the description to the side of the control. Default ''. */
  description_width: string
  /** Label text font family. */
  font_family: string | null
  /** Text font size. */
  font_size: string | null
  /** Label text font style. */
  font_style: string | null
  /** Label text font variant. */
  font_variant: string | null
  /** Label text font weight. */
  font_weight: string | null
  /** Text color. */
  text_color: string | null
  /** Label text decoration. */
  text_decoration: string | null
}
export interface LabelStyle extends LabelStyleState {}
export class LabelStyle extends Widget<LabelStyleState> {
  static {
    LabelStyle.define(LabelStyle, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'LabelStyleModel'],
      view: ['@jupyter-widgets/base', '2.0.0', 'StyleView'],
      traits: {
        ...modelTraits,
        background: optional(text(null)),
        description_width: text(''),
        font_family: optional(text(null)),
        font_size: optional(text(null)),
        font_style: optional(text(null)),
        font_variant: optional(text(null)),
        font_weight: optional(text(null)),
        text_color: optional(text(null)),
        text_decoration: optional(text(null)),
      },
    })
  }
}

export interface LinkState extends ModelState {
  /** The source (widget, 'trait_name') pair. */
  source: readonly [Widget, string] | readonly []
  /** The target (widget, 'trait_name') pair. */
  target: readonly [Widget, string] | readonly []
}
export interface Link extends LinkState {}
export class Link extends Widget<LinkState> {
  static {
    Link.define(Link, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'LinkModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', null],
      traits: {
        ...modelTraits,
        source: place(),
        target: place(),
      },
    })
  }
}

export interface NaiveDatetimePickerState extends DescribedState {
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  max: Date | null
  min: Date | null
  /** Styling customizations. */
  style: DescriptionStyle
  value: Date | null
}
export interface NaiveDatetimePicker extends NaiveDatetimePickerState {}
export class NaiveDatetimePicker extends Bounded<NaiveDatetimePickerState> {
  static {
    NaiveDatetimePicker.define(NaiveDatetimePicker, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'NaiveDatetimeModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'DatetimeView'],
      traits: {
        ...describedTraits,
        disabled: bool(false),
        max: optional(naiveDatetime()),
        min: optional(naiveDatetime()),
        style: reference(() => DescriptionStyle),
        value: optional(naiveDatetime()),
      },
    })
  }
}

export interface PasswordState extends DescribedState {
  /** Update the value as the user types. If False, update on submission, e.g., pressing Enter or navigating away. Default true. */
  continuous_update: boolean
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Placeholder text to display when nothing has been typed. */
  placeholder: string
  style: TextStyle
  /** String value. Default ''. */
  value: string
}
export interface Password extends PasswordState {}
export class Password extends TextBase<PasswordState> {
  static {
    Password.define(Password, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'PasswordModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'PasswordView'],
      traits: {
        ...describedTraits,
        continuous_update: bool(true),
        disabled: bool(false),
        placeholder: text('\u200b'),
        style: reference(() => TextStyle),
        value: secret(text('')),
      },
    })
  }
}

export interface PlayState extends DescribedState {
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** The time between two animation steps (ms). Default 100. */
  interval: number
  /** Max value. Default 100. */
  max: number
  /** Min value. Default 0. */
  min: number
  /** Whether the control is currently playing. Default false. */
  playing: boolean
  /** Whether the control will repeat in a continuous loop. Default false. */
  repeat: boolean
  /** Show the repeat toggle button in the widget. Default true. */
  show_repeat: boolean
  /** Increment step. Default 1. */
  step: number
  /** Styling customizations. */
  style: DescriptionStyle
  /** Int value. Default 0. */
  value: number
}
export interface Play extends PlayState {}
export class Play extends Bounded<PlayState> {
  static {
    Play.define(Play, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'PlayModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'PlayView'],
      traits: {
        ...describedTraits,
        disabled: bool(false),
        interval: int(100),
        max: int(100),
        min: int(0),
        playing: bool(false),
        repeat: bool(false),
        show_repeat: bool(true),
        step: int(1),
        style: reference(() => DescriptionStyle),
        value: int(0),
      },
    })
  }
}

export interface ProgressStyleState extends ModelState {
  /** Color of the progress bar. */
  bar_color: string | null
  /** Width of the description to the side of the control. Default ''. */
  description_width: string
}
export interface ProgressStyle extends ProgressStyleState {}
export class ProgressStyle extends Widget<ProgressStyleState> {
  static {
    ProgressStyle.define(ProgressStyle, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'ProgressStyleModel'],
      view: ['@jupyter-widgets/base', '2.0.0', 'StyleView'],
      traits: {
        ...modelTraits,
        bar_color: optional(text(null)),
        description_width: text(''),
      },
    })
  }
}

export interface RadioButtonsState<T = unknown> extends DescribedState, SelectionState<T> {
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Vertical or horizontal. Default 'vertical'. */
  orientation: 'horizontal' | 'vertical'
  /** Styling customizations. */
  style: DescriptionStyle
}
export interface RadioButtons<T = unknown> extends RadioButtonsState<T> {}
export class RadioButtons<T = unknown> extends Selection<T, RadioButtonsState<T>> {
  static {
    RadioButtons.define(RadioButtons, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'RadioButtonsModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'RadioButtonsView'],
      traits: {
        ...describedTraits,
        ...selectionTraits(optional(int(null))),
        disabled: bool(false),
        orientation: choice('vertical', ['horizontal', 'vertical']),
        style: reference(() => DescriptionStyle),
      },
    })
  }
}

export interface SelectState<T = unknown> extends DescribedState, SelectionState<T> {
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** The number of rows to display. Default 5. */
  rows: number
  /** Styling customizations. */
  style: DescriptionStyle
}
export interface Select<T = unknown> extends SelectState<T> {}
export class Select<T = unknown> extends Selection<T, SelectState<T>> {
  static {
    Select.define(Select, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'SelectModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'SelectView'],
      traits: {
        ...describedTraits,
        ...selectionTraits(optional(int(null))),
        disabled: bool(false),
        rows: int(5),
        style: reference(() => DescriptionStyle),
      },
    })
  }
}

export interface SelectMultipleState<T = unknown> extends DescribedState, MultipleSelectionState<T> {
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** The number of rows to display. Default 5. */
  rows: number
  /** Styling customizations. */
  style: DescriptionStyle
}
export interface SelectMultiple<T = unknown> extends SelectMultipleState<T> {}
export class SelectMultiple<T = unknown> extends MultipleSelection<T, SelectMultipleState<T>> {
  static {
    SelectMultiple.define(SelectMultiple, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'SelectMultipleModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'SelectMultipleView'],
      traits: {
        ...describedTraits,
        ...multipleSelectionTraits(),
        disabled: bool(false),
        rows: int(5),
        style: reference(() => DescriptionStyle),
      },
    })
  }
}

export interface SelectionRangeSliderState<T = unknown> extends DescribedState, MultipleSelectionState<T> {
  /** Slider dragging behavior. Default 'drag-tap'. */
  behavior: 'drag-tap' | 'drag-snap' | 'tap' | 'drag' | 'snap'
  /** Update the value of the widget as the user is holding the slider. Default true. */
  continuous_update: boolean
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Vertical or horizontal. Default 'horizontal'. */
  orientation: 'horizontal' | 'vertical'
  /** Display the current selected label next to the slider. Default true. */
  readout: boolean
  style: SliderStyle
}
export interface SelectionRangeSlider<T = unknown> extends SelectionRangeSliderState<T> {}
export class SelectionRangeSlider<T = unknown> extends MultipleSelection<T, SelectionRangeSliderState<T>> {
  static {
    SelectionRangeSlider.define(SelectionRangeSlider, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'SelectionRangeSliderModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'SelectionRangeSliderView'],
      traits: {
        ...describedTraits,
        ...multipleSelectionTraits(2),
        behavior: choice('drag-tap', ['drag-tap', 'drag-snap', 'tap', 'drag', 'snap']),
        continuous_update: bool(true),
        disabled: bool(false),
        orientation: choice('horizontal', ['horizontal', 'vertical']),
        readout: bool(true),
        style: reference(() => SliderStyle),
      },
    })
  }
}

export interface SelectionSliderState<T = unknown> extends DescribedState, SelectionState<T> {
  /** Slider dragging behavior. Default 'drag-tap'. */
  behavior: 'drag-tap' | 'drag-snap' | 'tap' | 'drag' | 'snap'
  /** Update the value of the widget as the user is holding the slider. Default true. */
  continuous_update: boolean
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Vertical or horizontal. Default 'horizontal'. */
  orientation: 'horizontal' | 'vertical'
  /** Display the current selected label next to the slider. Default true. */
  readout: boolean
  style: SliderStyle
}
export interface SelectionSlider<T = unknown> extends SelectionSliderState<T> {}
export class SelectionSlider<T = unknown> extends Selection<T, SelectionSliderState<T>> {
  static {
    SelectionSlider.define(SelectionSlider, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'SelectionSliderModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'SelectionSliderView'],
      traits: {
        ...describedTraits,
        ...selectionTraits(int(0)),
        behavior: choice('drag-tap', ['drag-tap', 'drag-snap', 'tap', 'drag', 'snap']),
        continuous_update: bool(true),
        disabled: bool(false),
        orientation: choice('horizontal', ['horizontal', 'vertical']),
        readout: bool(true),
        style: reference(() => SliderStyle),
      },
    })
  }
}

export interface SliderStyleState extends ModelState {
  /** Width of the description to the side of the control. Default ''. */
  description_width: string
  /** Color of the slider handle. */
  handle_color: string | null
}
export interface SliderStyle extends SliderStyleState {}
export class SliderStyle extends Widget<SliderStyleState> {
  static {
    SliderStyle.define(SliderStyle, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'SliderStyleModel'],
      view: ['@jupyter-widgets/base', '2.0.0', 'StyleView'],
      traits: {
        ...modelTraits,
        description_width: text(''),
        handle_color: optional(text(null)),
      },
    })
  }
}

export interface StackState extends DOMState {
  /** Use a predefined styling for the box. Default ''. */
  box_style: 'success' | 'info' | 'warning' | 'danger' | ''
  /** List of widget children. */
  children: readonly Widget[]
  /** The index of the selected page. This is either an integer selecting a particular sub-widget, or None to have no widgets selected. */
  selected_index: number | null
  /** Titles of the pages. */
  titles: readonly string[]
}
export interface Stack extends StackState {}
export class Stack extends SelectionContainer<StackState> {
  static {
    Stack.define(Stack, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'StackModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'StackView'],
      traits: {
        ...domTraits,
        box_style: choice('', ['success', 'info', 'warning', 'danger', '']),
        children: list(widget()),
        selected_index: optional(int(null)),
        titles: list(text('')),
      },
    })
  }
}

export interface TabState extends DOMState {
  /** Use a predefined styling for the box. Default ''. */
  box_style: 'success' | 'info' | 'warning' | 'danger' | ''
  /** List of widget children. */
  children: readonly Widget[]
  /** The index of the selected page. This is either an integer selecting a particular sub-widget, or None to have no widgets selected. */
  selected_index: number | null
  /** Titles of the pages. */
  titles: readonly string[]
}
export interface Tab extends TabState {}
export class Tab extends TabContainer<TabState> {
  static {
    Tab.define(Tab, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'TabModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'TabView'],
      traits: {
        ...domTraits,
        box_style: choice('', ['success', 'info', 'warning', 'danger', '']),
        children: list(widget()),
        selected_index: optional(int(null)),
        titles: list(text('')),
      },
    })
  }
}

export interface TagsInputState extends DescribedState {
  /** Default true. */
  allow_duplicates: boolean
  allowed_tags: readonly string[]
  placeholder: string
  /** Styling customizations. */
  style: DescriptionStyle
  /** Use a predefined styling for the tags. Default ''. */
  tag_style: 'primary' | 'success' | 'info' | 'warning' | 'danger' | ''
  /** List of string tags. */
  value: readonly string[]
}
export interface TagsInput extends TagsInputState {}
export class TagsInput extends Tags<TagsInputState> {
  static {
    TagsInput.define(TagsInput, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'TagsInputModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'TagsInputView'],
      traits: {
        ...describedTraits,
        allow_duplicates: bool(true),
        allowed_tags: list(text('')),
        placeholder: text('\u200b'),
        style: reference(() => DescriptionStyle),
        tag_style: choice('', ['primary', 'success', 'info', 'warning', 'danger', '']),
        value: list(text('')),
      },
    })
  }
}

export interface TextState extends DescribedState {
  /** Update the value as the user types. If False, update on submission, e.g., pressing Enter or navigating away. Default true. */
  continuous_update: boolean
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Placeholder text to display when nothing has been typed. */
  placeholder: string
  style: TextStyle
  /** String value. Default ''. */
  value: string
}
export interface Text extends TextState {}
export class Text extends TextBase<TextState> {
  static {
    Text.define(Text, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'TextModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'TextView'],
      traits: {
        ...describedTraits,
        continuous_update: bool(true),
        disabled: bool(false),
        placeholder: text('\u200b'),
        style: reference(() => TextStyle),
        value: text(''),
      },
    })
  }
}

export interface TextStyleState extends ModelState {
  /** Background specifications. */
  background: string | null
  /** Width of the description to the side of the control. Default ''. */
  description_width: string
  /** Text font size. */
  font_size: string | null
  /** Text color. */
  text_color: string | null
}
export interface TextStyle extends TextStyleState {}
export class TextStyle extends Widget<TextStyleState> {
  static {
    TextStyle.define(TextStyle, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'TextStyleModel'],
      view: ['@jupyter-widgets/base', '2.0.0', 'StyleView'],
      traits: {
        ...modelTraits,
        background: optional(text(null)),
        description_width: text(''),
        font_size: optional(text(null)),
        text_color: optional(text(null)),
      },
    })
  }
}

export interface TextareaState extends DescribedState {
  /** Update the value as the user types. If False, update on submission, e.g., pressing Enter or navigating away. Default true. */
  continuous_update: boolean
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Placeholder text to display when nothing has been typed. */
  placeholder: string
  /** The number of rows to display. */
  rows: number | null
  style: TextStyle
  /** String value. Default ''. */
  value: string
}
export interface Textarea extends TextareaState {}
export class Textarea extends DOMWidget<TextareaState> {
  static {
    Textarea.define(Textarea, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'TextareaModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'TextareaView'],
      traits: {
        ...describedTraits,
        continuous_update: bool(true),
        disabled: bool(false),
        placeholder: text('\u200b'),
        rows: optional(int(null)),
        style: reference(() => TextStyle),
        value: text(''),
      },
    })
  }
}

export interface TimePickerState extends DescribedState {
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  max: TimeOfDay | null
  min: TimeOfDay | null
  /** The time step to use for the picker, in seconds, or "any". Default 60. */
  step: number | 'any'
  /** Styling customizations. */
  style: DescriptionStyle
  value: TimeOfDay | null
}
export interface TimePicker extends TimePickerState {}
export class TimePicker extends Bounded<TimePickerState> {
  static {
    TimePicker.define(TimePicker, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'TimeModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'TimeView'],
      traits: {
        ...describedTraits,
        disabled: bool(false),
        max: optional(time()),
        min: optional(time()),
        step: either(float(60), choice(60, ['any'])),
        style: reference(() => DescriptionStyle),
        value: optional(time()),
      },
    })
  }
}

export interface ToggleButtonState extends DescribedState {
  /** Use a predefined styling for the button. Default ''. */
  button_style: 'primary' | 'success' | 'info' | 'warning' | 'danger' | ''
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Font-awesome icon. Default ''. */
  icon: string
  /** Styling customizations. */
  style: ToggleButtonStyle
  /** Bool value. Default false. */
  value: boolean
}
export interface ToggleButton extends ToggleButtonState {}
export class ToggleButton extends DOMWidget<ToggleButtonState> {
  static {
    ToggleButton.define(ToggleButton, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'ToggleButtonModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'ToggleButtonView'],
      traits: {
        ...describedTraits,
        button_style: choice('', ['primary', 'success', 'info', 'warning', 'danger', '']),
        disabled: bool(false),
        icon: text(''),
        style: reference(() => ToggleButtonStyle),
        value: bool(false),
      },
    })
  }
}

export interface ToggleButtonStyleState extends ModelState {
  /** Width of the description to the side of the control. Default ''. */
  description_width: string
  /** Toggle button text font family. */
  font_family: string | null
  /** Toggle button text font size. */
  font_size: string | null
  /** Toggle button text font style. */
  font_style: string | null
  /** Toggle button text font variant. */
  font_variant: string | null
  /** Toggle button text font weight. */
  font_weight: string | null
  /** Toggle button text color. */
  text_color: string | null
  /** Toggle button text decoration. */
  text_decoration: string | null
}
export interface ToggleButtonStyle extends ToggleButtonStyleState {}
export class ToggleButtonStyle extends Widget<ToggleButtonStyleState> {
  static {
    ToggleButtonStyle.define(ToggleButtonStyle, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'ToggleButtonStyleModel'],
      view: ['@jupyter-widgets/base', '2.0.0', 'StyleView'],
      traits: {
        ...modelTraits,
        description_width: text(''),
        font_family: optional(text(null)),
        font_size: optional(text(null)),
        font_style: optional(text(null)),
        font_variant: optional(text(null)),
        font_weight: optional(text(null)),
        text_color: optional(text(null)),
        text_decoration: optional(text(null)),
      },
    })
  }
}

export interface ToggleButtonsState<T = unknown> extends DescribedState, SelectionState<T> {
  /** Use a predefined styling for the buttons. Default ''. */
  button_style: 'primary' | 'success' | 'info' | 'warning' | 'danger' | '' | null
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Icons names for each button (FontAwesome names without the fa- prefix). */
  icons: readonly string[]
  style: ToggleButtonsStyle
  /** Tooltips for each button. */
  tooltips: readonly string[]
}
export interface ToggleButtons<T = unknown> extends ToggleButtonsState<T> {}
export class ToggleButtons<T = unknown> extends Selection<T, ToggleButtonsState<T>> {
  static {
    ToggleButtons.define(ToggleButtons, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'ToggleButtonsModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'ToggleButtonsView'],
      traits: {
        ...describedTraits,
        ...selectionTraits(optional(int(null))),
        button_style: nullable(choice('', ['primary', 'success', 'info', 'warning', 'danger', ''])),
        disabled: bool(false),
        icons: list(text('')),
        style: reference(() => ToggleButtonsStyle),
        tooltips: list(text('')),
      },
    })
  }
}

export interface ToggleButtonsStyleState extends ModelState {
  /** The width of each button. Default ''. */
  button_width: string
  /** Width of the description to the side of the control. Default ''. */
  description_width: string
  /** Text font weight of each button. Default ''. */
  font_weight: string
}
export interface ToggleButtonsStyle extends ToggleButtonsStyleState {}
export class ToggleButtonsStyle extends Widget<ToggleButtonsStyleState> {
  static {
    ToggleButtonsStyle.define(ToggleButtonsStyle, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'ToggleButtonsStyleModel'],
      view: ['@jupyter-widgets/base', '2.0.0', 'StyleView'],
      traits: {
        ...modelTraits,
        button_width: text(''),
        description_width: text(''),
        font_weight: text(''),
      },
    })
  }
}

export interface VBoxState extends DOMState {
  /** Use a predefined styling for the box. Default ''. */
  box_style: 'success' | 'info' | 'warning' | 'danger' | ''
  /** List of widget children. */
  children: readonly Widget[]
}
export interface VBox extends VBoxState {}
export class VBox extends BoxBase<VBoxState> {
  static {
    VBox.define(VBox, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'VBoxModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'VBoxView'],
      traits: {
        ...domTraits,
        box_style: choice('', ['success', 'info', 'warning', 'danger', '']),
        children: list(widget()),
      },
    })
  }
}

export interface ValidState extends DescribedState {
  /** Enable or disable user changes. Default false. */
  disabled: boolean
  /** Message displayed when the value is False. Default 'Invalid'. */
  readout: string
  /** Styling customizations. */
  style: DescriptionStyle
  /** Bool value. Default false. */
  value: boolean
}
export interface Valid extends ValidState {}
export class Valid extends DOMWidget<ValidState> {
  static {
    Valid.define(Valid, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'ValidModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'ValidView'],
      traits: {
        ...describedTraits,
        disabled: bool(false),
        readout: text('Invalid'),
        style: reference(() => DescriptionStyle),
        value: bool(false),
      },
    })
  }
}

export interface VideoState extends DOMState {
  /** When true, the video starts when it's displayed. Default true. */
  autoplay: boolean
  /** Specifies that video controls should be displayed (such as a play/pause button etc). Default true. */
  controls: boolean
  /** The format of the video. Default 'mp4'. */
  format: string
  /** Height of the video in pixels. Default ''. */
  height: string
  /** When true, the video will start from the beginning after finishing. Default true. */
  loop: boolean
  /** The media data as a memory view of bytes. */
  value: Uint8Array
  /** Width of the video in pixels. Default ''. */
  width: string
}
export interface Video extends VideoState {}
export class Video extends MediaBase<VideoState> {
  static {
    Video.define(Video, {
      model: ['@jupyter-widgets/controls', '2.0.0', 'VideoModel'],
      view: ['@jupyter-widgets/controls', '2.0.0', 'VideoView'],
      traits: {
        ...domTraits,
        autoplay: bool(true),
        controls: bool(true),
        format: text('mp4'),
        height: text(''),
        loop: bool(true),
        value: bytes(),
        width: text(''),
      },
    })
  }
}

export interface OutputState extends DOMState {
  /** Parent message id of messages to capture. Default ''. */
  msg_id: string
  /** The output messages synced from the frontend. */
  outputs: readonly Record<string, unknown>[]
}
export interface Output extends OutputState {}
export class Output extends OutputBase<OutputState> {
  static {
    Output.define(Output, {
      model: ['@jupyter-widgets/output', '1.0.0', 'OutputModel'],
      view: ['@jupyter-widgets/output', '1.0.0', 'OutputView'],
      traits: {
        ...domTraits,
        msg_id: text(''),
        outputs: list(record()),
      },
    })
  }
}
