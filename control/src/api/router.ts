// Finds the route of a method and path.
import type { Route } from './route.ts'

export type Found =
  | { readonly kind: 'route'; readonly route: Route; readonly parameters: Readonly<Record<string, string>> }
  | { readonly kind: 'wrong-method'; readonly allow: string }
  | { readonly kind: 'nothing' }

/** Paths are compared segment by segment, undecoded: no name in them needs escaping. */
export function createRouter(routes: readonly Route[]): (method: string, path: string) => Found {
  const entries = routes.map((route) => ({ route, pattern: route.path.split('/') }))
  return (method, path) => {
    const segments = path.split('/')
    const allow: string[] = []
    for (const { route, pattern } of entries) {
      const parameters = match(pattern, segments)
      if (parameters === null) continue
      if (route.method === method) return { kind: 'route', route, parameters }
      allow.push(route.method)
    }
    return allow.length > 0 ? { kind: 'wrong-method', allow: allow.join(', ') } : { kind: 'nothing' }
  }
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null
  const parameters: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? ''
    if (part.startsWith('{')) {
      if (!/^[A-Za-z0-9._+@~-]{1,255}$/.test(segment)) return null
      parameters[part.slice(1, -1)] = segment
    } else if (part !== segment) return null
  }
  return parameters
}
