// Decides which partitions make an array: those that have the same, and of two disks that were each written to without the other, one.
import { STATE_PARTITION } from '../domain/block-disk.ts'
import type { ArrayPlan, MirrorMember } from '../domain/mirror.ts'

/** Superblocks of copies that have the same can be one count apart after a power cut. @source Linux drivers/md/md.c, super_1_validate */
const SAME_WITHIN = 1

export function planMirrors(members: readonly MirrorMember[]): readonly ArrayPlan[] {
  const uuids = [...new Set(members.map(({ uuid }) => uuid))]
  const groups = uuids.map((uuid) => members.filter((member) => member.uuid === uuid))
  const lead = leadOf(groups)
  return groups.map((group) => planOne(group, lead)).sort((a, b) => (a.holds === b.holds ? 0 : a.holds === STATE_PARTITION ? -1 : 1))
}

const isSplit = (group: readonly MirrorMember[]) => group.filter(({ ranAlone }) => ranAlone).length > 1

/** State and datastore come from the same disk: of those that were each alone, the one whose state was written to more often. */
function leadOf(groups: readonly (readonly MirrorMember[])[]): string | null {
  const alone = groups.filter(isSplit).flatMap((group) => group.filter(({ ranAlone }) => ranAlone))
  const weight = ({ holds }: MirrorMember) => (holds === STATE_PARTITION ? 0 : 1)
  const [first] = [...alone].sort((a, b) => weight(a) - weight(b) || b.events - a.events || (a.disk < b.disk ? -1 : 1))
  return first?.disk ?? null
}

function planOne(group: readonly MirrorMember[], lead: string | null): ArrayPlan {
  const newest = Math.max(...group.map(({ events }) => events))
  const [{ holds, uuid, copies } = group[0] as MirrorMember] = group
  const split = isSplit(group)
  const chosen = split ? group.find(({ ranAlone, disk }) => ranAlone && disk === lead) : undefined
  const isUsed = (member: MirrorMember) =>
    split
      ? member === (chosen ?? group.find(({ events }) => events === newest))
      : member.events >= newest - SAME_WITHIN && !isBehind(member, group)
  const used = group.filter(isUsed)
  const others = group.filter((member) => !isUsed(member))
  // One whose place another disk has taken meanwhile would be a third.
  const room = Math.max(0, copies - used.length)
  return {
    ...{ holds, uuid, devices: used.map(({ device }) => device), missing: Math.max(0, copies - group.length) },
    rejoin: others
      .filter(({ ranAlone }) => !ranAlone)
      .slice(0, room)
      .map(({ device }) => device),
    diverged: others.filter(({ ranAlone }) => ranAlone).map(({ device }) => device),
  }
}

/** Another one was written to without it. */
function isBehind(member: MirrorMember, group: readonly MirrorMember[]): boolean {
  return !member.ranAlone && group.some(({ ranAlone, events }) => ranAlone && events >= member.events)
}
