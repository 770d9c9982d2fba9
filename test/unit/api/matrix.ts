// A host with pools, VMs and users of all kinds, and what each of its routes answers to each of them; requests go as far as the permission and no further.
import { routes } from '../../../control/src/api/routes.ts'
import type { Grant } from '../../../control/src/domain/user.ts'
import { Client, PASSWORD, type Sent, World } from '../../fakes/world.ts'
import { allows, WHO_MAY } from './who-may.ts'

/** The pool gold has the pool inner, with the VM `own`; `foreign` is in silver. */
const PARENTS: Readonly<Record<string, string>> = { inner: 'gold', gold: 'host', silver: 'host' }
type Side = 'own' | 'foreign'
const POOLS: Readonly<Record<Side, string>> = { own: 'inner', foreign: 'silver' }

/** What each user is granted; `vm` stands for the VM `own`. */
const USERS: Readonly<Record<string, readonly (readonly [role: string, on: string])[]>> = {
  administrator: [['administrator', 'host']],
  operator: [['operator', 'host']],
  viewer: [['viewer', 'host']],
  nobody: [],
  'custom-role': [['powerer', 'host']],
  'pool-operator': [['operator', 'pool:gold']],
  'inner-administrator': [['administrator', 'pool:inner']],
  'vm-operator': [['operator', 'vm']],
  'vm-viewer-and-powerer-elsewhere': [
    ['viewer', 'vm'],
    ['powerer', 'pool:silver'],
  ],
}

/** Those who come over the network. */
export const CALLERS: readonly string[] = [...Object.keys(USERS), 'anonymous', 'wrong token']

const WHO = [...Object.keys(USERS), 'anonymous', 'console', 'administrator at the console', 'wrong token'] as const

/** The host that is asked: a world of the fakes, or one that is booted. */
export interface Asking {
  /** As administrator; what is answered to the rest throws. */
  create(path: string, body: object): Promise<{ readonly id: string }>
  /** Returns a token. */
  login(username: string, password: string): Promise<string>
  ask(sent: Sent): Promise<{ readonly status: number; readonly body: unknown }>
}

export interface Matrix {
  readonly asking: Asking
  readonly tokens: ReadonlyMap<string, string>
  readonly ids: Readonly<Record<Side, { readonly vm: string; readonly task: string }>>
}

export async function openWorld(): Promise<Matrix> {
  const client = await Client.open(new World())
  const matrix = await openMatrix(
    {
      async create(path, body) {
        const answer = await client.call({ method: 'POST', path, body })
        if (answer.status >= 400) throw new Error(JSON.stringify(answer.body))
        return answer.body as { readonly id: string }
      },
      login: async (username, password) => (await client.app.sessions.login(username, password, '192.0.2.9')).token,
      ask: (sent) => client.call(sent),
    },
    PASSWORD,
    { boot: { from: 'cdrom' }, cdroms: [{ medium: { datastore: 'local', file: 'x.iso' } }] },
  )
  await client.world.clock.advance(1_000)
  return matrix
}

/** Makes pools, VMs of `spec`, tasks and users, all but the administrator, whose password is given. */
export async function openMatrix(asking: Asking, password: string, spec: object): Promise<Matrix> {
  const { create } = asking
  await create('/v1/pools', { name: 'gold' })
  await create('/v1/pools', { name: 'inner', parent: 'gold' })
  await create('/v1/pools', { name: 'silver' })
  await create('/v1/roles', { name: 'powerer', permissions: ['vm.view', 'vm.power', 'pool.manage'] })
  const make = async (name: Side) => (await create('/v1/vms', { name, pool: POOLS[name], ...spec })).id
  const vm = { own: await make('own'), foreign: await make('foreign') }
  const task = async (id: string) => (await create(`/v1/vms/${id}/power-on`, {})).id
  const ids = { own: { vm: vm.own, task: await task(vm.own) }, foreign: { vm: vm.foreign, task: await task(vm.foreign) } }
  const tokens = new Map<string, string>()
  for (const [name, grants] of Object.entries(USERS)) {
    const granted = grants.map(([role, on]): Grant => ({ role, on: (on === 'vm' ? `vm:${vm.own}` : on) as Grant['on'] }))
    if (name !== 'administrator') await create('/v1/users', { name, password, grants: granted })
    tokens.set(name, await asking.login(name, password))
  }
  return { asking, tokens, ids }
}

type Outcome = 'in' | 401 | 403 | 404

/** The routes whose name starts so, each with each of its objects. */
export function cases(area: RegExp): readonly (readonly [what: string, route: string, side: Side])[] {
  return routes
    .map(({ method, path }) => `${method} ${path}`)
    .filter((name) => area.test(name))
    .flatMap((name) => (hasObject(name) ? (['own', 'foreign'] as const) : (['own'] as const)).map((side) => [name, side] as const))
    .map(([name, side]) => [hasObject(name) ? `${name}, ${side}` : name, name, side])
}

function hasObject(name: string): boolean {
  return /\/v1\/(vms|tasks)\/\{id\}|\/v1\/pools\/\{pool\}/.test(name)
}

/** Of those who are named, or of all. */
export async function seen({ asking, tokens, ids }: Matrix, name: string, side: Side, whose: readonly string[] = WHO) {
  const outcomes: Record<string, Outcome> = {}
  for (const who of whose) outcomes[who] = outcomeOf(await asking.ask(requestOf(name, side, ids, who, tokens)))
  return outcomes
}

/** A parameter that no route has is found out after the permission was held, and before anything is done. */
function requestOf(name: string, side: Side, ids: Matrix['ids'], who: string, tokens: Matrix['tokens']): Sent {
  const [method = '', pattern = ''] = name.split(' ')
  const route = routes.find((one) => one.method === method && one.path === pattern)
  const path = pattern
    .replace('{id}', pattern.startsWith('/v1/tasks') ? ids[side].task : ids[side].vm)
    .replace('{pool}', POOLS[side])
    .replace('{port}', '0')
    .replace(/\{\w+\}/g, 'x')
  const token = who === 'administrator at the console' ? tokens.get('administrator') : who === 'wrong token' ? 'x' : tokens.get(who)
  return {
    ...{ method, path, query: 'no-such-parameter=1', peer: /console/.test(who) ? 'console' : 'network' },
    ...(route?.upgrade === undefined ? {} : { upgrade: route.upgrade }),
    headers: token === undefined ? { authorization: undefined as unknown as string } : { authorization: `Bearer ${token}` },
  }
}

function outcomeOf({ status, body }: { readonly status: number; readonly body: unknown }): Outcome {
  const { code } = body as { readonly code: string }
  if (status === 400 && code === 'request.unknown-parameter') return 'in'
  if (status === 401 || (status === 403 && code === 'auth.forbidden')) return status
  if (status === 404 && ['vm.not-found', 'pool.not-found', 'task.not-found'].includes(code)) return status
  throw new Error(`${status} ${code}`)
}

/** What the second table says, and the two rules: no log-in is 401; what one may not see is 404, what one may see and not do is 403. */
export function expected(name: string, side: Side, whose: readonly string[] = WHO): Record<string, Outcome> {
  const [permission, where] = WHO_MAY[name] ?? ['', 'host']
  const outcomes: Record<string, Outcome> = {}
  for (const who of whose) outcomes[who] = expectedOf(who, name, permission, where, side)
  return outcomes
}

function expectedOf(who: string, name: string, permission: string, where: string, side: Side): Outcome {
  if (who === 'wrong token') return 401
  if (permission === 'anyone') return 'in'
  if (permission === 'console') return /console/.test(who) ? 'in' : 403
  if (who === 'anonymous' || who === 'console') return 401
  const grants = USERS[who === 'administrator at the console' ? 'administrator' : who] ?? []
  if (permission === 'user') return 'in'
  const held = (wanted: string, at: readonly string[]) => grants.some(([role, on]) => at.includes(on) && allows(role, wanted))
  if (where === 'any') return grants.some(([role]) => allows(role, permission)) ? 'in' : 403
  if (where === 'host') return held(permission, ['host']) ? 'in' : 403
  const pool = POOLS[side]
  const isPool = name.includes('{pool}')
  const seenAt = [...(!isPool && side === 'own' ? ['vm'] : []), ...around(pool)]
  if (held(permission, where === 'around' ? seenAt.filter((place) => place !== `pool:${pool}`) : seenAt)) return 'in'
  const view = isPool ? 'pool.view' : name.includes('/tasks/') ? 'task.view' : 'vm.view'
  return held(view, seenAt) ? 403 : 404
}

function around(pool: string): readonly string[] {
  return pool === 'host' ? ['host'] : [`pool:${pool}`, ...around(PARENTS[pool] ?? 'host')]
}
