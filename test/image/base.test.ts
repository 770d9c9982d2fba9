// The base contract: the built base fulfils it, and each kind of breach is named.
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { checkBase } from '../../image/base/check.ts'
import { base, freshDirectory, readList, walk } from './tools.ts'

const kernel = readdirSync(join(base, 'modules'))[0] ?? ''
const indexes = join('modules', kernel)

/** Replaces a file's content without touching the base that it is linked to. */
function rewrite(path: string, change: (text: string) => string) {
  const text = readFileSync(path, 'utf8')
  rmSync(path)
  writeFileSync(path, change(text))
}

describe('a base', () => {
  it('that was just built fulfils the contract', () => {
    expect(checkBase(base)).toEqual([])
  })

  it('has every module that its list asks for', () => {
    const files = walk(join(base, indexes))
      .map(({ path }) => path)
      .filter((path) => path.endsWith('.ko'))
    const builtin = readFileSync(join(base, indexes, 'modules.builtin'), 'utf8').split('\n')
    const name = (path: string) => path.replace(/.*\//, '').replace(/\.ko$/, '').replaceAll('-', '_')
    const known = new Set([...files, ...builtin].map(name))
    expect(readList('image/base/debian/modules.list').filter((wanted) => !known.has(name(wanted)))).toEqual([])
  })

  it('brings no module that says it is no part of a server', () => {
    const files = walk(join(base, indexes)).map(({ path }) => path)
    expect(files.filter((path) => /\/(wireless|bluetooth|sound|media|isdn|hamradio|can)\//.test(path))).toEqual([])
  })
})

describe('a broken base', () => {
  let copy = ''
  beforeEach(() => {
    copy = join(freshDirectory('base'), 'copy')
    execFileSync('cp', ['-al', base, copy])
  })
  afterAll(() => rmSync(join(copy, '..'), { recursive: true, force: true }))

  const rows: [string, (path: (name: string) => string) => void, string][] = [
    ['without a kernel', (path) => rmSync(path('vmlinuz')), 'vmlinuz: missing'],
    ['without firmware', (path) => rmSync(path('firmware'), { recursive: true }), 'firmware: missing'],
    ['without QEMU', (path) => rmSync(path('root/usr/bin/qemu-system-x86_64')), 'root/usr/bin/qemu-system-x86_64: missing'],
    [
      'without a BIOS for VMs',
      (path) => rmSync(path('root/usr/share/seabios/bios-256k.bin')),
      'root/usr/share/seabios/bios-256k.bin: missing',
    ],
    [
      'with a script for a program',
      (path) => rewrite(path('root/usr/bin/ip'), () => '#!/bin/sh\n'),
      'root/usr/bin/ip: no executable program',
    ],
    ['with two kernels', (path) => mkdirSync(path('modules/9.9')), 'modules: must hold one kernel, holds 2'],
    [
      'with a dangling library',
      (path) => rmSync(path('root/usr/lib/x86_64-linux-gnu/libslirp.so.0')),
      'root/usr/bin/qemu-system-x86_64: needs libslirp.so.0, which is missing',
    ],
    [
      'without the loader of its programs',
      (path) => rmSync(path('root/usr/lib64/ld-linux-x86-64.so.2')),
      'root/usr/bin/ip: needs /lib64/ld-linux-x86-64.so.2, which is missing',
    ],
    ['with a split /usr', (path) => rmSync(path('root/sbin')), 'root/sbin: must be a link to usr/sbin'],
    [
      'with a link out of the tree',
      (path) => symlinkOver(path('root/usr/sbin/modprobe'), '/../../../vmlinuz'),
      'root/usr/sbin/modprobe: missing',
    ],
    [
      'with a manifest of another kernel',
      (path) => rewrite(path('manifest.json'), (text) => text.replace(kernel, '1.0')),
      `manifest.json: kernel is 1.0, modules are of ${kernel}`,
    ],
    [
      'with a package of no version',
      (path) => rewrite(path('manifest.json'), (text) => text.replace(/("name": "kmod"), "version": "[^"]*"/, '$1')),
      'manifest.json: kmod has no version',
    ],
    ['without the index of modules', (path) => rmSync(path(`${indexes}/modules.dep.bin`)), `${indexes}/modules.dep.bin: missing`],
    [
      'with a module that is only in the index',
      (path) => rmSync(path(`${indexes}/kernel/arch/x86/kvm/kvm-amd.ko`)),
      `${indexes}/kernel/arch/x86/kvm/kvm-amd.ko: in modules.dep, but missing`,
    ],
    [
      'whose kernel cannot do KVM',
      (path) => rewrite(path(`${indexes}/modules.dep`), (text) => text.replace(/^.*\/kvm-intel\.ko:.*\n/m, '')),
      'modules: kvm_intel is neither there nor built in',
    ],
  ]

  it.each(rows)('%s is refused', (_name, damage, problem) => {
    damage((name) => join(copy, name))
    expect(checkBase(copy)).toContain(problem)
  })

  it('is none for having its libraries in /usr/lib, as one with musl has', () => {
    for (const { path } of walk(join(copy, 'root/usr/lib/x86_64-linux-gnu')).filter(({ path }) => !path.includes('/')))
      renameSync(join(copy, 'root/usr/lib/x86_64-linux-gnu', path), join(copy, 'root/usr/lib', path))
    symlinkOver(join(copy, 'root/usr/lib64/ld-linux-x86-64.so.2'), '../lib/ld-linux-x86-64.so.2')
    expect(checkBase(copy)).toEqual([])
  })

  it.each([
    ['set-uid', 0o4755, 'set-uid or set-gid'],
    ['writable by everyone', 0o777, 'writable by everyone'],
  ])('with a %s program is refused', (_name, mode, problem) => {
    const program = join(copy, 'root/usr/bin/extra')
    cpSync(join(base, 'root/usr/bin/ip'), program)
    chmodSync(program, mode)
    expect(checkBase(copy)).toEqual([`root/usr/bin/extra: ${problem}`])
  })
})

function symlinkOver(path: string, target: string) {
  rmSync(path)
  symlinkSync(target, path)
}
