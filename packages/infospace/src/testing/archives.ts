import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { type ArchiveManifest, completeManifest, manifestText } from '../archive/archive-manifest.js';
import { type CreateArchiveResult, createArchive } from '../archive/create-archive.js';
import { listLine } from '../archive/file-list.js';
import { gzipBlocks } from '../archive/gzip-blocks.js';
import { padding, tarEnd, tarHeader } from '../archive/tar-header.js';
import { recordPlan } from '../record-plan.js';
import { recordRun } from '../record-run.js';
import { runRecord, stage } from './run-records.js';
import { write } from './temporary.js';

const runAt = { nowMs: () => Date.parse('2026-11-22T01:49:58.082Z') };

/** A project with a plan, a run of two calls, one of them without a price, and files of its own. */
export async function projectWithBudget(root: string): Promise<string> {
  write(root, 'budget.yaml', 'budget: {max_usd: 5}\n');
  write(root, 'notes/ünïcode – 日本.md', 'text\n');
  // Comes before what is in `notes/`, although a directory's names have it after.
  write(root, 'notes.md', 'text\n');
  write(root, `output/${'deep/'.repeat(30)}answers.jsonl`, '{"id": 1}\n'.repeat(2000));
  write(root, 'output/empty.txt', '');
  await recordPlan({ infospace: root, clock: runAt, plan: { stage: 'all', total_provider_calls_estimate: 2 } });
  const stages = [
    stage('a', { prompt_tokens: 10, completion_tokens: 4, cost: 0.5 }),
    stage('b', { prompt_tokens: 7, completion_tokens: 2 }, 'nobody/knows'),
  ];
  await recordRun({ infospace: root, clock: runAt, records: [runRecord('r1', stages)] });
  return root;
}

export async function archived(infospace: string, to: string): Promise<CreateArchiveResult> {
  return await createArchive({ infospace, to });
}

/** An entry as somebody else may put it into a tar: whatever differs from ours is changed in the header's bytes. */
export interface MadeEntry {
  readonly name: string;
  readonly content?: Uint8Array | string;
  /** One character, as in `2` for a symbolic link. */
  readonly type?: string;
  readonly linkTo?: string;
  readonly modifiedS?: number;
}

const MADE_AT = '2026-11-22T01:49:58.082Z';
export const madeAtS = Math.floor(Date.parse(MADE_AT) / 1000);

/** Gzipped as ours are. */
export async function gzipped(...parts: readonly Uint8Array[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const gzip = gzipBlocks((bytes) => pieces.push(Uint8Array.from(bytes)));
  for (const part of parts) await gzip.write(part);
  await gzip.end();
  return Buffer.concat(pieces);
}

export function tarOf(entries: readonly MadeEntry[]): Buffer {
  return Buffer.concat([...entries.map(entryBytes), tarEnd]);
}

/**
 * An archive in which manifest and list fit the entries, so that nothing but the entries is wrong. `manifest` and `list`
 * change that.
 */
export async function writeMadeArchive(
  path: string,
  entries: readonly MadeEntry[],
  { manifest = {}, list }: { manifest?: Partial<ArchiveManifest>; list?: string } = {},
): Promise<string> {
  const lines = list ?? entries.map(lineOf).join('');
  const bytes = entries.reduce((sum, { content = '' }) => sum + Buffer.byteLength(content), 0);
  const text = manifestText(
    completeManifest({
      schema_version: 1,
      created_at: MADE_AT,
      tool: 'somebody',
      slug: 'demo',
      files: { count: entries.length, bytes, list_sha256: sha256(lines) },
      metadata: {},
      ...manifest,
    }),
  );
  const all = [{ name: 'manifest.json', content: text }, { name: 'files.jsonl', content: lines }, ...entries];
  writeFileSync(path, await gzipped(tarOf(all)));
  return path;
}

function lineOf({ name, content = '' }: MadeEntry): string {
  return listLine({ path: name, bytes: Buffer.byteLength(content), sha256: sha256(content) });
}

function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

function entryBytes({ name, content = '', type, linkTo, modifiedS = madeAtS }: MadeEntry): Buffer {
  const bytes = Buffer.from(content as string);
  const header = tarHeader({ name, bytes: bytes.length, modifiedS });
  if (type !== undefined) changeHeader(header, type, linkTo ?? '');
  return Buffer.concat([header, bytes, padding(bytes.length)]);
}

function changeHeader(header: Buffer, type: string, linkTo: string): void {
  const last = header.subarray(-512);
  last.write(type, 156, 'latin1');
  last.write(linkTo, 157, 'latin1');
  last.write('        ', 148, 'latin1');
  const sum = last.reduce((total, byte) => total + byte, 0);
  last.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1');
}
