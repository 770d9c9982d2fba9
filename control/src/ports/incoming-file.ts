// A file that comes from somewhere else: how large it is, and then its bytes, which never enter the script.

export interface IncomingFile {
  readonly sizeBytes: number
  /** Once at most: its bytes go to this descriptor, which becomes the port's, and is closed behind the last of them or where no more come. */
  send(descriptor: number): void
  /** Resolves when no more comes: null where all of it was sent, or nobody took more. Never rejects. */
  readonly ended: Promise<{ readonly code: string; readonly message: string } | null>
  /** Nothing of it is wanted any more. */
  close(): void
}
