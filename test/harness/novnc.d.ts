// What the tests use of noVNC's RFB class, which comes without types that do without a DOM. @source noVNC, docs/API.md
declare module '@novnc/novnc' {
  export default class RFB {
    constructor(target: object, channel: object, options?: { readonly shared?: boolean })
    addEventListener(type: 'connect', listener: () => void): void
    addEventListener(type: 'disconnect', listener: (event: { readonly detail: { readonly clean: boolean } }) => void): void
    addEventListener(type: 'desktopname', listener: (event: { readonly detail: { readonly name: string } }) => void): void
    /** Pressed and released. */
    sendKey(keysym: number, code: string): void
    getImageData(): { readonly width: number; readonly height: number; readonly data: Uint8ClampedArray }
    disconnect(): void
  }
}
