// Backup of the configuration into a file of the operator's, and restore from one.
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import type { Command, Context } from '../command.ts'
import { readPasswords } from '../confirm.ts'
import { EXIT } from '../exit-codes.ts'
import { failure } from '../failure.ts'
import { say } from '../output.ts'
import { RESTORE_OPTIONS, restoreConfiguration } from '../restoring.ts'

/** Whole or not at all: a backup is looked at when it is needed. Readable by its owner alone. */
function writeWhole(file: string, bytes: Uint8Array): void {
  const unfinished = `${file}.${randomBytes(6).toString('hex')}`
  try {
    const fd = openSync(unfinished, 'wx', 0o600)
    try {
      writeSync(fd, bytes)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(unfinished, file)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw failure(EXIT.failed, 'file.not-written', `${file} cannot be written: ${(error as Error).message}`)
  }
}

function readWhole(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw failure(EXIT.usage, 'usage.unreadable-file', `${file} cannot be read: ${(error as Error).message}`)
  }
}

async function backup(context: Context): Promise<void> {
  const { given, io } = context
  const file = given.arguments[0] ?? ''
  const [passphrase = '', again] = await readPasswords(io, io.input.isTTY === true ? ['Passphrase: ', 'Once more: '] : ['Passphrase: '])
  if (again !== undefined && again !== passphrase) throw failure(EXIT.usage, 'passphrase.differs', 'The two are not the same.')
  const { bytes } = await context.host().request('POST', '/v1/host/backup', { json: { passphrase } })
  writeWhole(file, bytes)
  say(context, `The configuration is in ${file}. Nobody can open it without the passphrase.`)
}

async function restore(context: Context): Promise<void> {
  const { given, io } = context
  const file = readWhole(given.arguments[0] ?? '').toString('base64')
  const [passphrase = ''] = await readPasswords(io, ['Passphrase of the file: '])
  await restoreConfiguration(context, {
    path: '/v1/host/restore',
    body: { file, passphrase },
    question: 'Put this configuration in place of the one that there is?',
    done: 'The configuration is that of the backup, but for what is said to stay.',
  })
}

export const backupCommands: readonly Command[] = [
  {
    words: ['host', 'backup'],
    summary: 'Write the whole configuration into one file, sealed with a passphrase',
    details: [
      'Settings, users with their passwords, tokens and second factors, and specs of VMs; not their disks, and not the host’s certificate.',
      'The passphrase is asked for, or is the first line of the input: 12 characters or more.',
      'Who may: host.reset. API: POST /v1/host/backup',
    ],
    arguments: [{ name: 'FILE', kind: 'local-file' }],
    run: backup,
  },
  {
    words: ['host', 'restore'],
    summary: 'Put the configuration of a backup in place of the one that there is, on this host or a new one',
    details: [
      'Shows what it does, asks, and confirms the network over a new connection where that is part of it. VMs that run go on; files of disks stay.',
      'Your own account, the passwords of users that there are, lockdown and recovery code stay as they are.',
      'Who may: host.reset. API: POST /v1/host/restore',
    ],
    arguments: [{ name: 'FILE', kind: 'local-file' }],
    options: () => RESTORE_OPTIONS,
    run: restore,
  },
]
