// The program around one bundled test file: runs its cases and writes the report after each, so that a crash loses none.
import { writeFileAtomic } from 'hv:fs'
import { args, exit } from 'hv:process'
import { type CaseReport, run, runningCase } from '../engine/vitest-shim.ts'

const reportPath = args[0] ?? ''
const deadlineMs = 120_000
const reports: CaseReport[] = []

const deadline = setTimeout(() => {
  reports.push({ name: runningCase() ?? '(between cases)', ok: false, error: `not done after ${deadlineMs} ms` })
  writeFileAtomic(reportPath, JSON.stringify(reports))
  exit(1)
}, deadlineMs)

await run((report) => {
  reports.push(report)
  writeFileAtomic(reportPath, JSON.stringify(reports))
})
clearTimeout(deadline)
