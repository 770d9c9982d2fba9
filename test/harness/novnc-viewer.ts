// A viewer of a VM's screen over the API's WebSocket: noVNC's core as browsers run it, with a stand-in for the page around it.
import { WebSocket } from 'ws'
import type { ApiClient } from './api-client.ts'
import { Canvas, ImageData } from './canvas.ts'
import type { Picture } from './picture.ts'
import { PATIENCE_MS, within } from './wait.ts'

const TIMEOUT_MS = PATIENCE_MS

/** A part of a page without any size. */
class Box extends EventTarget {
  readonly style: Record<string, string> = {}
  readonly clientWidth = 0
  readonly clientHeight = 0
  parentNode: Box | null = null

  appendChild(child: Box | Canvas): void {
    if (child instanceof Box) child.parentNode = this
  }

  removeChild(): void {}

  getBoundingClientRect(): { readonly width: number; readonly height: number } {
    return { width: this.clientWidth, height: this.clientHeight }
  }
}

/** Of sizes and of changes of elements, neither of which happen. */
class Observer {
  observe(): void {}
  disconnect(): void {}
}

// noVNC asks for these when it is loaded and while it runs. What Node has of its own stays.
const page = {
  window: Object.assign(new EventTarget(), { isSecureContext: true }),
  document: {
    documentElement: new Box(),
    body: new Box(),
    createElement: (name: string) => (name === 'canvas' ? new Canvas() : new Box()),
  },
  navigator: { userAgent: 'Node' },
  ...{ ImageData, WebSocket, MutationObserver: Observer, ResizeObserver: Observer },
}
for (const [name, value] of Object.entries(page)) if (!(name in globalThis)) Object.assign(globalThis, { [name]: value })
const { default: RFB } = await import('@novnc/novnc')

export class NoVncViewer {
  readonly #rfb: InstanceType<typeof RFB>
  /** Settles when the connection is over: whether both ends kept to the protocol until then. */
  readonly disconnected: Promise<{ readonly clean: boolean }>
  /** Of the screen, as the server says. */
  name = ''

  private constructor(socket: WebSocket) {
    this.#rfb = new RFB(new Box(), socket)
    this.#rfb.addEventListener('desktopname', ({ detail }) => {
      this.name = detail.name
    })
    this.disconnected = new Promise((resolve) => this.#rfb.addEventListener('disconnect', ({ detail }) => resolve({ clean: detail.clean })))
  }

  /** Connects to `path` without any credentials but what is in it; rejects with the status where it is refused. */
  static async open(client: ApiClient, path: string): Promise<NoVncViewer> {
    const socket = new WebSocket(`wss://127.0.0.1:${client.port}${path}`, { rejectUnauthorized: false })
    let failure = 'not let in'
    socket.on('error', (error) => {
      failure = error.message
    })
    const viewer = new NoVncViewer(socket)
    const connected = new Promise<void>((resolve, reject) => {
      viewer.#rfb.addEventListener('connect', resolve)
      void viewer.disconnected.then(() => reject(new Error(failure)))
    })
    await within('RFB connection to the screen', connected, TIMEOUT_MS)
    return viewer
  }

  /** What is drawn now; black before the first update. */
  picture(): Picture {
    return this.#rfb.getImageData()
  }

  /** Presses and releases a key. @source keysymdef.h for `keysym`, UI Events KeyboardEvent code for `code` */
  press(keysym: number, code: string): void {
    this.#rfb.sendKey(keysym, code)
  }

  async close(): Promise<void> {
    this.#rfb.disconnect()
    await within('end of the RFB connection', this.disconnected, TIMEOUT_MS)
  }
}
