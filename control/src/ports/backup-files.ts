// Sealing a backup into a file that only its passphrase opens, and opening it again.

/** `damaged`: it is no backup, or not whole; `passphrase`: the file is whole, and this is not its passphrase. */
export type OpenedBackup = { readonly document: string } | { readonly problem: 'damaged' | 'passphrase' | 'too-large' }

export interface BackupFiles {
  seal(document: string, passphrase: string): Promise<Uint8Array>
  /** `file` in base64. */
  open(file: string, passphrase: string): Promise<OpenedBackup>
}
