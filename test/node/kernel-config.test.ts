// The check of a kernel's configuration: each way in which a built one can miss what was asked for is named; our own fragments agree.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkKernel, checkSources, type NamedText } from '../../image/kernel/check.ts'
import { repository } from '../harness/paths.ts'

const config = (text: string): NamedText => ({ name: '.config', text })
const table = (text: string): NamedText => ({ name: 'hardening.txt', text })
const fragment = (name: string, text: string): NamedText => ({ name, text })

const built = config('# Linux/x86\nCONFIG_KVM=m\nCONFIG_LSM="lockdown,yama"\n# CONFIG_KSM is not set\n')
const asked = fragment('kvm.config', '# guests\nCONFIG_KVM=m\nCONFIG_KSM=n\n')
const decided = table('KSM n taken timing tells\nLSM ~yama taken processes apart\nMODULES n refused drivers\n')
const withModules = config(`${built.text}CONFIG_MODULES=y\n`)

describe('a built kernel configuration', () => {
  it('that has all that was asked for is counted', () => {
    expect(checkKernel(withModules, decided, [asked])).toEqual({ problems: [], asked: 2, taken: 2, refused: 1 })
  })

  const rows: [string, NamedText, NamedText, NamedText[], string[]][] = [
    ['without an option', withModules, decided, [fragment('net.config', 'CONFIG_TUN=y')], ['TUN: net.config asks for y, the kernel has n']],
    [
      'with a module for what is to be built in',
      withModules,
      decided,
      [fragment('kvm.config', 'CONFIG_KVM=y')],
      ['KVM: kvm.config asks for y, the kernel has m'],
    ],
    [
      'with what is not to be there',
      withModules,
      decided,
      [fragment('kvm.config', '# CONFIG_KVM is not set')],
      ['KVM: kvm.config asks for n, the kernel has m'],
    ],
    [
      'with another text',
      withModules,
      decided,
      [fragment('s.config', 'CONFIG_LSM="lockdown"')],
      ['LSM: s.config asks for "lockdown", the kernel has "lockdown,yama"'],
    ],
    [
      'without a recommendation that is taken',
      withModules,
      table('SECCOMP y taken filters'),
      [],
      ['SECCOMP: hardening.txt says that y is taken, the kernel has n'],
    ],
    [
      'with a list that lacks a name',
      withModules,
      table('LSM ~landlock taken files'),
      [],
      ['LSM: hardening.txt says that ~landlock is taken, the kernel has "lockdown,yama"'],
    ],
    [
      'that fulfils what is refused',
      withModules,
      table('KSM n refused we share pages'),
      [],
      ['KSM: hardening.txt refuses n, but the kernel has it'],
    ],
    ['that is empty', config('\n'), table(''), [], ['.config: no configuration']],
    ['that is another kind of file', config('CONFIG_KVM=m\nhello\n'), table(''), [], ['.config:2: neither an option nor a comment']],
  ]
  it.each(rows)('%s is named', (_, kernel, recommendations, fragments, problems) => {
    expect(checkKernel(kernel, recommendations, fragments).problems).toEqual(problems)
  })
})

describe('fragments', () => {
  it('that contradict each other are named, whichever wins', () => {
    const fragments = [fragment('a.config', 'CONFIG_KVM=m'), fragment('b.config', 'CONFIG_KVM=y')]
    expect(checkSources(table(''), fragments)).toEqual(['KVM: a.config asks for m, b.config for y'])
  })

  it('may say the same twice', () => {
    expect(checkSources(table(''), [asked, asked])).toEqual([])
  })

  it('with a line that sets nothing are named', () => {
    expect(checkSources(table(''), [fragment('a.config', 'KVM=m')])).toEqual(['a.config:1: neither an option nor a comment'])
  })
})

describe('the table of recommendations', () => {
  it.each([
    ['without a decision', 'KSM n perhaps later', 'hardening.txt:1: KSM is neither taken nor refused'],
    ['without a reason', 'KSM n refused', 'hardening.txt:1: KSM is refused without a reason'],
    ['twice', 'KSM n taken timing\nKSM y refused timing', 'hardening.txt:2: KSM stands there twice'],
  ])('with a line %s is named', (_, text, problem) => {
    expect(checkSources(table(text), [])).toEqual([problem])
  })
})

describe('the appliance’s kernel', () => {
  const directory = join(repository, 'buildroot-config/kernel')
  const read = (name: string): NamedText => ({ name, text: readFileSync(join(directory, name), 'utf8') })
  const fragments = readdirSync(directory)
    .filter((name) => name.endsWith('.config'))
    .map(read)

  it('is asked for without a contradiction, and every recommendation is decided with a reason', () => {
    expect(checkSources(read('hardening.txt'), fragments)).toEqual([])
  })

  it('has a reason before each group of options', () => {
    const bare = fragments.flatMap(({ name, text }) =>
      text.split('\n\n').flatMap((group) => (/^CONFIG_/.test(group) ? [`${name}: ${group.split('\n')[0] ?? ''}`] : [])),
    )
    expect(bare).toEqual([])
  })

  it.each([
    ['lockdown', 'SECURITY_LOCKDOWN_LSM=y LOCK_DOWN_KERNEL_FORCE_INTEGRITY=y'],
    ['modules that nobody signed', 'MODULE_SIG_FORCE=y MODULE_FORCE_LOAD=n'],
    ['debug keys and debuggers', 'MAGIC_SYSRQ=n KGDB=n DEBUG_FS=n FTRACE=n KPROBES=n'],
    ['its memory and the machine’s', 'DEVMEM=n DEVPORT=n PROC_KCORE=n X86_MSR=n IKCONFIG=n'],
    ['another kernel', 'KEXEC=n KEXEC_SIG_FORCE=y HIBERNATION=n'],
    ['cores of programs', 'COREDUMP=n'],
    ['programs of one’s own in it', 'BPF_SYSCALL=n USER_NS=n USERFAULTFD=n'],
  ])('asks for what closes it to root and guests: %s', (_, options) => {
    const lines = new Set(fragments.flatMap(({ text }) => text.split('\n')))
    expect(options.split(' ').filter((option) => !lines.has(`CONFIG_${option}`))).toEqual([])
  })
})
