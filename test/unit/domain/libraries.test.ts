// The choice of loader and libraries that a confined program is shown, for both C libraries.
import { describe, expect, it } from 'vitest'
import { pickLibraries } from '../../../control/src/domain/libraries.ts'

describe('the libraries that a confined program sees', () => {
  it('are a directory and the loader where the C library is glibc', () => {
    expect(pickLibraries(['/lib64/ld-linux-x86-64.so.2', '/usr/lib/x86_64-linux-gnu'], ['corbel', 'firmware', 'modules'])).toEqual([
      '/lib64/ld-linux-x86-64.so.2',
      '/usr/lib/x86_64-linux-gnu',
    ])
  })

  it('are single files where the C library is musl, each once', () => {
    expect(pickLibraries(['/lib/ld-musl-x86_64.so.1'], ['corbel', 'ld-musl-x86_64.so.1', 'libc.so', 'libssl.so.3', 'modules'])).toEqual([
      '/lib/ld-musl-x86_64.so.1',
      '/usr/lib/libc.so',
      '/usr/lib/libssl.so.3',
    ])
  })

  it.each(['libgdb.so.1-gdb.py', 'libcrypto.a', 'liblto.so.bak', 'os-release', 'terminfo', 'so'])('do not include %s', (name) => {
    expect(pickLibraries([], [name])).toEqual([])
  })
})
