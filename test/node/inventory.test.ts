// The comparison of a booted appliance's doors with the reviewed list: what is new, what is gone, and what may be either.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { differences, inventoryOf, parseReviewedList } from '../harness/inventory.ts'
import { repository } from '../harness/paths.ts'

const none = '0000000000000000'
const process = (name: string, words: string) =>
  `process ${name} ${words} permitted=${none} inheritable=${none} ambient=${none} bounding=${none} nnp=1 seccomp=2 own=mnt,net root=own oom=0 core=0,0`

describe('the inventory', () => {
  it('names capabilities, and gives the sets that differ from the effective one', () => {
    const raw = process('gatewayd', `uid=100,100,100,100 gid=100,100,100,100 groups= effective=${none.slice(0, -4)}3400`)
    expect(inventoryOf(raw)).toEqual([
      'process gatewayd uid=100 gid=100 caps=net_bind_service,net_admin,net_raw permitted=none inheritable=none ambient=none bounding=none own=mnt,net root=own nnp=yes filter=yes oom=0 core=0,0',
    ])
  })

  it('says the same of every VM, and each thing once', () => {
    const vm = (uid: number) =>
      process('qemu-system-x86_64', `uid=${uid},${uid},${uid},${uid} gid=${uid},${uid},${uid},${uid} groups= effective=${none}`)
    const socket = (id: string) => `socket unix /run/corbel/vm/${id}/qmp.sock network=host of=controld`
    const seen = inventoryOf(
      [vm(20000), vm(20001), socket('0190e4a2-6f1e-7000-8000-000000000001'), socket('0190e4a2-6f1e-7000-8000-00000000000a')].join('\n'),
    )
    expect(seen).toEqual([
      'process qemu-system-x86_64 uid=vm gid=vm caps=none own=mnt,net root=own nnp=yes filter=yes oom=0 core=0,0',
      'socket unix /run/corbel/vm/ID/qmp.sock network=host of=controld',
    ])
  })
})

describe('the list', () => {
  const list = parseReviewedList('# about it\n\nsocket a  # one\nmaybe socket b  # two\nwith-vm socket c  # three\n')

  it.each<[string, string[], boolean, string[]]>([
    ['what is as it says', ['socket a'], false, []],
    ['what may be there', ['socket a', 'socket b'], false, []],
    ['what is there with a VM', ['socket a', 'socket c'], true, []],
    ['what is there with a VM alone, without one', ['socket a', 'socket c'], false, ['socket c']],
    ['what is new', ['socket a', 'socket d'], false, ['socket d']],
    ['what is gone', [], false, ['socket a']],
    ['what a VM lacks', ['socket a'], true, ['socket c']],
  ])('is held against %s', (_, seen, vmRuns, named) => {
    const sentences = differences(seen, list, vmRuns)
    expect(sentences.map((sentence) => sentence.replace(/^.*: /, ''))).toEqual(named)
  })

  it('of the appliance has a reason in each line, and no line twice', () => {
    const { lines, bare } = parseReviewedList(readFileSync(join(repository, 'test/boot/inventory.list'), 'utf8'))
    expect(bare).toEqual([])
    expect(lines.map(({ line }) => line).filter((line, at, all) => all.indexOf(line) !== at)).toEqual([])
  })
})
