import { randomBytes } from 'node:crypto';
import { appendToFile, type OpenFile, readingFile, replaceFile } from '../storage/files.js';

/**
 * `.index-workflows`: what `usage.yaml` has recorded of each workflow run, so that it need not be read to know. It can
 * be deleted at any time. Lines of 32 bytes, appended after each run:
 *
 * - first, and once: a mark of this layout and a random id;
 * - for each workflow run of an entry: a hash of its identity, and what was recorded;
 * - after these: which part of `usage.yaml` they cover, and a hash of the end of that part.
 */
const LINE_BYTES = 32;
const KEY_BYTES = 16;
const LAYOUT = 'budget-index-v1\n';
const NOT_KNOWN = 0xffffffff;
const WORKFLOW = 1;
const COVERAGE = 2;
const LINES_AT_ONCE = 2048;

export interface IndexedWorkflow {
  /** 16 bytes of a hash of its identity, as latin1 text. */
  readonly key: string;
  readonly runIndex: number;
  readonly stageCount: number;
  readonly callCount: number | null;
}

/** A part of `usage.yaml` from its beginning. */
export interface Coverage {
  readonly bytes: number;
  /** 16 bytes of a hash of the end of the part, as latin1 text. */
  readonly hash: string;
}

export interface WorkflowIndex {
  /** Another one whenever the index was made anew. */
  readonly id: string;
  readonly fileBytes: number;
  readonly covered: Coverage;
}

/**
 * What it holds of the workflow runs of these keys, in the order of their runs. It is read in parts, so that it takes
 * little memory however long it is. `null` where there is none, or one that a crash has damaged.
 *
 * @throws CodedError as `readFileIfThere`.
 */
export async function readWorkflowIndex(
  path: string,
  keys: ReadonlySet<string>,
): Promise<{ readonly index: WorkflowIndex; readonly found: readonly IndexedWorkflow[] } | null> {
  return await readingFile(path, (file) => {
    const head = file.read(0, Math.min(file.size, LINE_BYTES));
    if (file.size % LINE_BYTES !== 0 || head.toString('latin1', 0, KEY_BYTES) !== LAYOUT) return null;
    const covered = coverageOf(file.read(file.size - LINE_BYTES, file.size));
    const found = covered && findWorkflows(file, keys);
    return found && { index: { id: head.toString('hex', KEY_BYTES), fileBytes: file.size, covered }, found };
  });
}

/** Writes an index anew. */
export async function createWorkflowIndex(
  path: string,
  workflows: readonly IndexedWorkflow[],
  covered: Coverage,
): Promise<WorkflowIndex> {
  const id = randomBytes(LINE_BYTES - KEY_BYTES);
  const lines = Buffer.concat([Buffer.from(LAYOUT, 'latin1'), id, linesOf(workflows, covered)]);
  await replaceFile(path, lines);
  return { id: id.toString('hex'), fileBytes: lines.length, covered };
}

/** @throws CodedError as `appendToFile`. */
export async function extendWorkflowIndex(
  path: string,
  index: WorkflowIndex,
  workflows: readonly IndexedWorkflow[],
  covered: Coverage,
): Promise<WorkflowIndex> {
  const lines = linesOf(workflows, covered);
  await appendToFile(path, index.fileBytes, lines);
  return { ...index, fileBytes: index.fileBytes + lines.length, covered };
}

function findWorkflows(file: OpenFile, keys: ReadonlySet<string>): IndexedWorkflow[] | null {
  // Most lines are told apart by four bytes, without making a text of each.
  const beginnings = new Set(Array.from(keys, (key) => Buffer.from(key, 'latin1').readUInt32LE()));
  const found: IndexedWorkflow[] = [];
  for (let from = LINE_BYTES; from < file.size; from += LINES_AT_ONCE * LINE_BYTES) {
    const part = file.read(from, Math.min(file.size, from + LINES_AT_ONCE * LINE_BYTES));
    for (let at = 0; at + LINE_BYTES <= part.length; at += LINE_BYTES) {
      const kind = part.readUInt32LE(at + LINE_BYTES - 4);
      // Zeros, say, after a power failure.
      if (kind !== WORKFLOW && kind !== COVERAGE) return null;
      if (kind === COVERAGE || !beginnings.has(part.readUInt32LE(at))) continue;
      const key = part.toString('latin1', at, at + KEY_BYTES);
      if (keys.has(key)) found.push(workflowOf(part.subarray(at, at + LINE_BYTES), key));
    }
  }
  return found;
}

function workflowOf(line: Buffer, key: string): IndexedWorkflow {
  const callCount = line.readUInt32LE(KEY_BYTES + 8);
  return {
    key,
    runIndex: line.readUInt32LE(KEY_BYTES),
    stageCount: line.readUInt32LE(KEY_BYTES + 4),
    callCount: callCount === NOT_KNOWN ? null : callCount,
  };
}

function coverageOf(line: Buffer): Coverage | null {
  if (line.length < LINE_BYTES || line.readUInt32LE(LINE_BYTES - 4) !== COVERAGE) return null;
  return { hash: line.toString('latin1', 0, KEY_BYTES), bytes: line.readDoubleLE(KEY_BYTES) };
}

function linesOf(workflows: readonly IndexedWorkflow[], covered: Coverage): Buffer {
  const lines = Buffer.alloc((workflows.length + 1) * LINE_BYTES);
  for (const [number, { key, runIndex, stageCount, callCount }] of workflows.entries()) {
    const line = lines.subarray(number * LINE_BYTES, (number + 1) * LINE_BYTES);
    line.write(key, 0, 'latin1');
    // What passes 32 bits is nonsense in a file by others, and must not stop anybody.
    line.writeUInt32LE(Math.min(runIndex, NOT_KNOWN), KEY_BYTES);
    line.writeUInt32LE(Math.min(stageCount, NOT_KNOWN), KEY_BYTES + 4);
    line.writeUInt32LE(Math.min(callCount ?? NOT_KNOWN, NOT_KNOWN), KEY_BYTES + 8);
    line.writeUInt32LE(WORKFLOW, LINE_BYTES - 4);
  }
  const last = lines.subarray(workflows.length * LINE_BYTES);
  last.write(covered.hash, 0, 'latin1');
  last.writeDoubleLE(covered.bytes, KEY_BYTES);
  last.writeUInt32LE(COVERAGE, LINE_BYTES - 4);
  return lines;
}
