// Entity tags of VMs. @source RFC 9110 sections 8.8.3 and 13.1

export function etag(revision: number): string {
  return `"${revision}"`
}

/** Whether a revision is in a list of tags; `*` takes any. A weak tag is never a match for a change. */
export function matches(header: string): (revision: number) => boolean {
  const tags = header.split(',').map((tag) => tag.trim())
  return (revision) => tags.includes('*') || tags.includes(etag(revision))
}
