// Who may do what on a booted host, over HTTPS: every route and object, each by one of all callers in turn; the unit tests have all of them.
import { beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../../control/src/api/routes.ts'
import { ApiClient } from '../harness/api-client.ts'
import type { Appliance } from '../harness/appliance.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { CALLERS, cases, expected, type Matrix, openMatrix, seen } from '../unit/api/matrix.ts'

const SAMPLE = 1

/** Those that a connection is handed over by are seen where consoles are. */
const upgrades = new Set(routes.filter(({ upgrade }) => upgrade !== undefined).map(({ method, path }) => `${method} ${path}`))

async function open({ api, password }: Appliance, client: ApiClient): Promise<Matrix> {
  const asking = {
    create: (path: string, body: object) => api.call<{ id: string }>('POST', path, { body }),
    async login(username: string, given: string): Promise<string> {
      const { token } = await client.call<{ token: string }>('POST', '/v1/login', { body: { username, password: given } })
      return token
    },
    async ask({
      method = 'GET',
      path,
      query = '',
      headers = {},
    }: {
      method?: string
      path: string
      query?: string
      headers?: Record<string, string>
    }) {
      const { authorization } = headers
      const answer = await client.request(method, `${path}?${query}`, { headers: authorization === undefined ? {} : { authorization } })
      return { status: answer.status, body: answer.json }
    },
  }
  const { name: _, ...spec } = guestSpecs.rescueCd('')
  return openMatrix(asking, password, spec)
}

export function roleMatrixOf(host: () => Appliance): void {
  describe('a route', () => {
    let matrix: Matrix
    let client: ApiClient
    beforeAll(async () => {
      client = new ApiClient(host().api.port, host().api.fingerprint)
      matrix = await open(host(), client)
      return () => client.close()
    })

    it('lets in whom it should over the network, and nobody else', async () => {
      const wrong: unknown[] = []
      let at = 0
      for (const [what, name, side] of cases(/./)) {
        if (upgrades.has(name)) continue
        const whose = Array.from({ length: SAMPLE }, () => CALLERS[at++ % CALLERS.length] ?? '')
        const [found, wanted] = [await seen(matrix, name, side, whose), expected(name, side, whose)]
        if (JSON.stringify(found) !== JSON.stringify(wanted)) wrong.push({ what, found, wanted })
      }
      expect(wrong).toEqual([])
      expect(at).toBeGreaterThan(130)
    })
  })
}
