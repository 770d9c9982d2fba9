// Options, values and help that follow from schemas, and edits by paths.
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { jsonSchema } from '../../control/openapi/json-schema.ts'
import { applyEdits, type Document, mergeDifference, readAssignment, touchedFields } from '../../control/src/cli/edits.ts'
import { fieldHelp } from '../../control/src/cli/field-help.ts'
import { fieldOptions, optionName } from '../../control/src/cli/field-options.ts'
import { readValue } from '../../control/src/cli/field-value.ts'
import { fieldsOf, itemsOf, type Schema, schemaAt } from '../../control/src/cli/schema.ts'
import { vmSchema } from '../../control/src/cli/vm-schema.ts'
import { field } from '../../control/src/domain/field.ts'
import { vmSpecSchema } from '../../control/src/domain/vm.ts'

const spec = vmSchema()
const at = (path: string): Schema => schemaAt(spec, path.split('.')) ?? {}
const item = (list: string): Schema => itemsOf(fieldsOf(spec)[list] ?? {}) ?? {}
const noFile = (): string => {
  throw new Error('no file is read')
}

describe('the options of a VM', () => {
  it('are those of every field of its schema, whatever is added to it', () => {
    const named = new Set(fieldOptions(spec, 'create').map((option) => option.field))
    expect([...named]).toEqual(Object.keys(vmSpecSchema.entries))
  })

  it.each([
    ['memoryMiB', 'memory-mib'],
    ['vcpus', 'vcpus'],
    ['nestedVirtualisation', 'nested-virtualisation'],
    ['onIoError', 'on-io-error'],
    ['sizeBytes', 'size'],
  ])('%s is --%s', (name, option) => {
    expect(optionName(name)).toBe(option)
  })

  it('show what can be given', () => {
    const forms = fieldOptions(spec, 'create').map(
      ({ option }) => `${option.name} ${option.value ?? (option.negatable === true ? 'switch' : '')}`,
    )
    expect(forms).toEqual(
      expect.arrayContaining([
        'memory-mib MiB',
        'firmware bios|uefi|uefi-secure-boot',
        'tpm switch',
        'disk DATASTORE/FILE[,FIELD=VALUE…]',
        'cdrom DATASTORE/FILE[,FIELD=VALUE…]',
        'nic NETWORK[,FIELD=VALUE…]',
        'boot from=VALUE,…',
        'description TEXT',
      ]),
    )
  })

  it('add and remove devices of a VM that is there', () => {
    const names = fieldOptions(spec, 'edit').map(({ option }) => option.name)
    expect(names.filter((name) => /^(add|remove)-/.test(name))).toEqual([
      'add-disk',
      'remove-disk',
      'add-cdrom',
      'remove-cdrom',
      'add-nic',
      'remove-nic',
      'add-pci-device',
      'remove-pci-device',
    ])
  })
})

describe('the help of a field', () => {
  it.each([
    [
      'a number',
      v.pipe(
        v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9)), 2),
        field({ title: 'Size', unit: 'MiB', description: 'How much.', takesEffect: 'live' }),
      ),
      'Size. How much. 1 to 9 MiB; default 2; counts at once.',
    ],
    [
      'a default by guest type',
      v.pipe(
        v.optional(v.boolean()),
        field({ title: 'TPM', presets: { linux: false, windows: true, other: false }, takesEffect: 'next-power-on' }),
      ),
      'TPM. Default false for linux, true for windows, false for other; counts at the next power-on.',
    ],
    [
      'one default for all types',
      v.pipe(v.optional(v.boolean()), field({ title: 'USB', presets: { linux: true, windows: true, other: true } })),
      'USB. Default true.',
    ],
    ['a text', v.pipe(v.optional(v.pipe(v.string(), v.maxLength(20)), ''), field({ title: 'Note' })), 'Note. At most 20 characters.'],
    [
      'an object',
      v.pipe(
        v.optional(v.object({ a: v.string(), b: v.string() }), { a: 'x', b: 'y' }),
        field({ title: 'Pair', takesEffect: 'live-where-possible' }),
      ),
      'Pair. Fields: a, b. Default a=x,b=y; counts at once where possible.',
    ],
    ['no facts at all', v.string(), ''],
  ] satisfies [string, v.GenericSchema, string][])('of %s', (_name, schema, help) => {
    expect(fieldHelp(jsonSchema(schema) as Schema)).toBe(help)
  })
})

describe('a typed value', () => {
  it.each<[string, Schema | null, string, unknown]>([
    ['a number', at('vcpus'), '4', 4],
    ['a number beyond what is allowed, which the host refuses', at('vcpus'), '9000', 9000],
    ['null, where the field can be null', at('maxVcpus'), 'null', null],
    ['a switch', at('tpm'), 'yes', true],
    ['a choice', at('firmware'), 'uefi', 'uefi'],
    ['a choice that only a newer host knows', at('firmware'), 'coreboot', 'coreboot'],
    ['text that looks like a number', at('description'), '4', '4'],
    ['text that looks like JSON', at('description'), '[prod] web', '[prod] web'],
    ['text in quotes', at('smbios.serial'), '"null"', 'null'],
    ['a list', at('boot.devices'), 'disk0,cdrom1', ['disk0', 'cdrom1']],
    ['a file', at('boot.kernel'), 'local/vmlinuz', { datastore: 'local', file: 'vmlinuz' }],
    ['an object by its fields', at('topology'), 'sockets=1,cores=4,threads=1', { sockets: 1, cores: 4, threads: 1 }],
    ['an object as JSON', at('topology'), '{"sockets":2}', { sockets: 2 }],
    [
      'a disk, its format by its name',
      item('disks'),
      'local/a.qcow2,readOnly=true',
      { datastore: 'local', file: 'a.qcow2', format: 'qcow2', readOnly: true },
    ],
    ['a disk image called .img', item('disks'), 'local/a.img', { datastore: 'local', file: 'a.img', format: 'raw' }],
    ['a disk with its format', item('disks'), 'local/a,format=raw', { datastore: 'local', file: 'a', format: 'raw' }],
    ['a disk whose name says nothing', item('disks'), 'local/a', { datastore: 'local', file: 'a' }],
    ['a CD', item('cdroms'), 'local/x.iso', { medium: { datastore: 'local', file: 'x.iso' } }],
    ['an empty drive', item('cdroms'), 'empty', { medium: null }],
    ['a NIC', item('nics'), 'nat,mac=52:54:00:12:34:56', { network: 'nat', mac: '52:54:00:12:34:56' }],
    ['a NIC by fields alone', item('nics'), 'network=nat,connected=false', { network: 'nat', connected: false }],
    ['a field nobody knows here', null, '12', 12],
    ['a text for one', null, 'twelve', 'twelve'],
  ])('is %s', (_name, schema, text, value) => {
    expect(readValue(schema, text, 'x')).toEqual({ ok: true, value })
  })

  it.each<[string, Schema | null, string, string]>([
    ['no number', at('vcpus'), 'four', 'must be a number, not four'],
    ['no switch', at('tpm'), 'maybe', 'must be true or false, not maybe'],
    ['no file', at('boot.kernel'), 'vmlinuz', 'must be DATASTORE/FILE, not vmlinuz'],
    ['a file too deep', item('disks'), 'local/a/b', 'must be DATASTORE/FILE, not local/a/b'],
    ['no pair', item('disks'), 'local/a.raw,fast', 'fast must be NAME=VALUE'],
    ['broken JSON', at('topology'), '{"sockets"', 'begins as JSON and is none'],
    ['a list of devices without brackets', at('disks'), 'a', 'must be a list, as JSON'],
  ])('is refused when it is %s', (_name, schema, text, message) => {
    expect(readValue(schema, text, 'x')).toEqual({
      ok: false,
      problem: { code: 'usage.invalid-value', field: expect.any(String), message },
    })
  })
})

describe('an assignment', () => {
  it.each([
    ['of a field', 'vcpus=4', ['vcpus'], 4],
    ['of a field inside one', 'boot.from=cdrom', ['boot', 'from'], 'cdrom'],
    ['of a field of a device', 'disk1.readOnly=true', ['disk1', 'readOnly'], true],
    ['of a medium', 'cdrom0.medium=local/x.iso', ['cdrom0', 'medium'], { datastore: 'local', file: 'x.iso' }],
    ['with an equals sign in its value', 'boot.commandLine=root=/dev/vda', ['boot', 'commandLine'], 'root=/dev/vda'],
    ['of a field nobody knows here', 'newField.x=1', ['newField', 'x'], 1],
  ])('%s', (_name, text, path, value) => {
    expect(readAssignment(spec, text, noFile)).toEqual({ kind: 'set', path, value })
  })

  it('takes the text of a file', () => {
    const read = (path: string) => `#cloud-config of ${path}\n`
    expect(readAssignment(spec, 'cloudInit.userData=@user.yaml', read)).toEqual({
      kind: 'set',
      path: ['cloudInit', 'userData'],
      value: '#cloud-config of user.yaml\n',
    })
  })

  it.each(['vcpus', '=4', 'boot..from=disk'])('%s is none', (text) => {
    expect(readAssignment(spec, text, noFile)).toMatchObject({ code: 'usage.invalid-value', field: '--set' })
  })
})

describe('edits', () => {
  const document = {
    name: 'web1',
    boot: { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' }, commandLine: 'quiet' },
    disks: [
      { slot: 0, datastore: 'local', file: 'a.qcow2', readOnly: false },
      { slot: 3, datastore: 'local', file: 'b.qcow2', readOnly: false },
    ],
  }
  const set = (path: string, value: unknown) => ({ kind: 'set' as const, path: path.split('.'), value })

  it.each<[string, Parameters<typeof applyEdits>[2], Document]>([
    ['set a field', [set('vcpus', 4)], { vcpus: 4 }],
    ['set a field in an object that is not there', [set('smbios.serial', 'A')], { smbios: { serial: 'A' } }],
    [
      'set a field of the device in a slot',
      [set('disk3.readOnly', true)],
      { disks: [document.disks[0], { ...document.disks[1], readOnly: true }] },
    ],
    ['add a device', [{ kind: 'add', list: 'disks', item: { file: 'c' } }], { disks: [...document.disks, { file: 'c' }] }],
    ['add the first device of its kind', [{ kind: 'add', list: 'nics', item: { network: 'nat' } }], { nics: [{ network: 'nat' }] }],
    ['remove a device by its name', [{ kind: 'remove', list: 'disks', device: 'disk0' }], { disks: [document.disks[1]] }],
    ['remove a device by its file', [{ kind: 'remove', list: 'disks', device: 'local/b.qcow2' }], { disks: [document.disks[0]] }],
    ['let the fields of another kind go', [set('boot.from', 'disk')], { boot: { from: 'disk' } }],
    [
      'keep fields that were given for the wrong kind, to be refused',
      [set('boot.from', 'disk'), set('boot.commandLine', 'x')],
      { boot: { from: 'disk', commandLine: 'x' } },
    ],
    ['keep the others of the same kind', [set('boot.commandLine', '')], { boot: { ...document.boot, commandLine: '' } }],
  ])('%s', (_name, edits, changed) => {
    expect(applyEdits(spec, document, edits)).toEqual({ document: { ...document, ...changed }, problems: [] })
  })

  it('name every device that is not there', () => {
    const edits = [set('disk1.readOnly', true), { kind: 'remove' as const, list: 'nics', device: 'nic0' }]
    expect(applyEdits(spec, document, edits).problems).toEqual([
      { code: 'device.not-found', field: 'disk1', message: 'is no device of this VM' },
      { code: 'device.not-found', field: 'nic0', message: 'is no device of this VM' },
    ])
  })

  it('touch the fields that hold what they change', () => {
    expect(touchedFields(spec, [set('disk1.bus', 'sata'), { kind: 'add', list: 'disks', item: {} }, set('boot.from', 'disk')])).toEqual([
      'disks',
      'boot',
    ])
  })
})

describe('a merge patch', () => {
  it.each<[string, Document, Document, Document]>([
    ['of nothing', { a: 1 }, { a: 1 }, {}],
    ['of a field', { a: 1, b: 2 }, { a: 1, b: 3 }, { b: 3 }],
    ['of a field that goes', { a: 1 }, {}, { a: null }],
    ['of a field inside', { o: { a: 1, b: 2 } }, { o: { a: 1, c: 3 } }, { o: { b: null, c: 3 } }],
    ['of a list, whole', { l: [1, 2] }, { l: [2] }, { l: [2] }],
    ['of null, which gives the default back', { a: 1 }, { a: null }, { a: null }],
    ['of an object in place of null', { o: null }, { o: { a: 1 } }, { o: { a: 1 } }],
  ])('%s', (_name, before, after, patch) => {
    expect(mergeDifference(before, after)).toEqual(patch)
  })
})
