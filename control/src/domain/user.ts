// Users, their roles, and who is behind a request.

export type Role = 'administrator' | 'operator' | 'viewer'

/** The name of the user that the seed or the console makes. */
export const FIRST_USER = 'administrator'

export type Principal =
  | { readonly kind: 'anonymous' }
  /** Someone at the machine itself. */
  | { readonly kind: 'console' }
  | { readonly kind: 'user'; readonly name: string; readonly role: Role; readonly tokenHash: string }
