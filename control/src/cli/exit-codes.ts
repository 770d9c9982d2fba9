// What the program's exit codes mean. Scripts rely on them: a number never changes its meaning.

export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  denied: 3,
  notFound: 4,
  conflict: 5,
  unreachable: 6,
  certificate: 7,
  taskFailed: 8,
  timeout: 9,
  interrupted: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** In the order in which the help lists them. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done',
  failed: 'failed, for any reason that has no number of its own',
  usage: 'the command line, or what it asks for, is not valid; nothing was done',
  denied: 'not logged in, or not allowed',
  notFound: 'there is no such VM, file, task, …',
  conflict: 'clashes with how things are, or somebody changed it meanwhile; nothing was done',
  unreachable: 'the host does not answer',
  certificate: 'the host’s certificate is not the one that was confirmed; nothing was sent to it',
  taskFailed: 'the task failed or was cancelled',
  timeout: 'the task still runs after --timeout',
  interrupted: 'interrupted (Ctrl-C); a task that was begun goes on',
}
