// The keyboard layout of the host: kept in the store, loaded at each start of the control daemon and at each change.
import {
  DEFAULT_KEYBOARD_LAYOUT,
  KEYBOARD_LAYOUT_NAMES,
  KEYBOARD_LAYOUTS,
  type KeyboardLayout,
  type KeyboardView,
} from '../domain/keyboard.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'

/** A setting of the store. */
const KEYBOARD_SETTING = 'keyboard'

export interface KeyboardControl {
  view(): KeyboardView
  /** Durable when it returns. That the machine has no screen is no refusal: the layout is there when it has one. */
  set(layout: KeyboardLayout, by: string): KeyboardView
  /** At the start, when the store has been read. */
  load(): void
}

export function createKeyboardControl(
  { store, keyboard, log }: Pick<AppPorts, 'store' | 'keyboard' | 'log'>,
  ledger: Ledger,
): KeyboardControl {
  function layout(): KeyboardLayout {
    const kept = store.getSetting(KEYBOARD_SETTING)
    // A layout that a later version had may be missing here.
    return KEYBOARD_LAYOUT_NAMES.find((name) => name === kept) ?? DEFAULT_KEYBOARD_LAYOUT
  }

  function load(): void {
    keyboard.load(layout()).catch((error: unknown) => log('warning', `keyboard layout ${layout()}: ${String(error)}`))
  }

  ledger.onReplaced(load)

  const view = (): KeyboardView => ({
    layout: layout(),
    layouts: KEYBOARD_LAYOUT_NAMES.map((name) => ({ name, description: KEYBOARD_LAYOUTS[name] })),
  })

  return {
    view,
    load,
    set(wanted, by) {
      if (wanted !== layout()) {
        ledger.write((draft) => {
          draft.putSetting(KEYBOARD_SETTING, wanted)
          draft.event(
            'host.keyboard-changed',
            'info',
            { kind: 'host', id: 'host' },
            `The keyboard layout is ${KEYBOARD_LAYOUTS[wanted]} now, asked by ${by}.`,
          )
        }, by)
      }
      load()
      return view()
    },
  }
}
