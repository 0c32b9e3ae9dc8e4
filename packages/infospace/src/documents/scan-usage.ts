import { isUtf8 } from 'node:buffer';
import { type Block, KnownLines } from './known-lines.js';
import { scalarEnd } from './scalar-end.js';
import type { UsageTotals } from './usage-run.js';
import { usageShape, usageShapeWithWorkflows } from './usage-shape.js';
import { UsageSums, type WorkflowsOfEntry } from './usage-sums.js';

export interface ScannedUsage {
  /** As `totalsOf` all entries. */
  readonly totals: UsageTotals;
  /** How many spaces stand before the dash of an entry. */
  readonly indentation: number;
  /** As each entry recorded them, oldest first; empty unless asked for. */
  readonly workflows: readonly WorkflowsOfEntry[];
}

const LINE_FEED = 10;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/**
 * Sums up a whole `usage.yaml` in the plain block layout in which PyYAML and we write it, without making values of what
 * does not count. `null` where it is not certain that parsing all of it would give the same, so for any other layout,
 * and where there is no entry.
 */
export function scanUsage(bytes: Buffer, { withWorkflows = false } = {}): ScannedUsage | null {
  if (bytes.at(-1) !== LINE_FEED || !isUtf8(bytes) || bytes.includes(BYTE_ORDER_MARK)) return null;
  const lines = new KnownLines(bytes, withWorkflows ? usageShapeWithWorkflows : usageShape);
  const sums = new UsageSums(bytes, withWorkflows);
  let line = lines.start();
  for (let position = 0; position < bytes.length; ) {
    const next = lines.next(line, position);
    if (next === null) return null;
    line = next;
    position += line.head.length;
    if (line.part !== null) sums.begin(line.part);
    if (!line.hasValue) continue;
    const end = scalarEnd(bytes, position, line.block.indentation);
    if (end < 0 || (line.field !== null && !sums.take(line.field, position, end))) return null;
    position = end + 1;
  }
  const entries = listOfEntriesAround(line.block);
  const finished = sums.finish();
  return entries && finished && { ...finished, indentation: entries.indentation };
}

/** Where it is around the last line, `runs` is the last key. */
function listOfEntriesAround(block: Block): Block | null {
  let outer: Block | null = block;
  while (outer !== null && outer.shape.items?.part !== 'entry') outer = outer.parent;
  return outer;
}
