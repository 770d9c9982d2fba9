// A canvas for Node: as much of the browser's as noVNC draws with, into a buffer of pixels.
import type { Picture } from './picture.ts'

/** The browser's ImageData, which Node lacks. */
export class ImageData implements Picture {
  readonly data: Uint8ClampedArray
  readonly width: number
  readonly height: number

  constructor(data: Uint8ClampedArray, width: number, height: number) {
    if (data.length !== width * height * 4) throw new RangeError(`${data.length} bytes are no ${width}×${height} pixels`)
    this.data = data
    this.width = width
    this.height = height
  }
}

/** Pixels with a size that may change, which clears them. */
class Surface {
  width = 0
  height = 0
  data = new Uint8ClampedArray()

  resize(width: number, height: number): void {
    this.width = width
    this.height = height
    this.data = new Uint8ClampedArray(width * height * 4)
  }

  /** One row of a rectangle, which has to be inside. */
  row(x: number, y: number, width: number): Uint8ClampedArray {
    if (x < 0 || y < 0 || x + width > this.width || y >= this.height) throw new RangeError(`${width} pixels at ${x},${y} are outside`)
    return this.data.subarray((y * this.width + x) * 4, (y * this.width + x + width) * 4)
  }
}

class Context {
  readonly #surface: Surface
  fillStyle = 'rgb(0,0,0)'

  constructor(surface: Surface) {
    this.#surface = surface
  }

  getImageData(x: number, y: number, width: number, height: number): ImageData {
    const data = new Uint8ClampedArray(width * height * 4)
    for (let row = 0; row < height; row++) data.set(this.#surface.row(x, y + row, width), row * width * 4)
    return new ImageData(data, width, height)
  }

  /** What does not fit on the right and below is cut off. */
  putImageData({ data, width, height }: ImageData, x: number, y: number): void {
    const fits = Math.min(width, this.#surface.width - x)
    for (let row = 0; row < height && y + row < this.#surface.height; row++)
      this.#surface.row(x, y + row, fits).set(data.subarray(row * width * 4, (row * width + fits) * 4))
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    const colour = /^rgb\((\d+),(\d+),(\d+)\)$/.exec(this.fillStyle)?.slice(1).map(Number)
    if (colour === undefined) throw new TypeError(`no colour: ${this.fillStyle}`)
    for (let row = 0; row < height; row++) {
      const pixels = this.#surface.row(x, y + row, width)
      for (let at = 0; at < pixels.length; at += 4) pixels.set([...colour, 255], at)
    }
  }

  /** A part of a canvas, this one or another, unscaled. */
  drawImage(source: Canvas, x: number, y: number, width: number, height: number, toX: number, toY: number): void {
    this.putImageData(source.getContext().getImageData(x, y, width, height), toX, toY)
  }
}

export class Canvas extends EventTarget {
  readonly style: Record<string, string> = {}
  readonly #surface = new Surface()
  readonly #context = new Context(this.#surface)

  get width(): number {
    return this.#surface.width
  }

  set width(width: number) {
    this.#surface.resize(width, this.height)
  }

  get height(): number {
    return this.#surface.height
  }

  set height(height: number) {
    this.#surface.resize(this.width, height)
  }

  getContext(): Context {
    return this.#context
  }
}
