import { realpathSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { CodedError } from '@budget/core';
import { compactTime } from '../documents/compact-time.js';
import { existingInfospace, type InfospacePaths } from '../infospace-paths.js';
import { ensureDirectory, kindOfPath, removeLeftovers, replaceFile } from '../storage/files.js';
import { type NewFile, newFile } from '../storage/new-file.js';
import { notArchivable } from './archive-errors.js';
import {
  ARCHIVE_END,
  type ArchiveManifest,
  type ArchiveSeal,
  completeManifest,
  MAX_MANIFEST_BYTES,
  manifestText,
  sidecarOf,
  sidecarText,
  TOOL,
} from './archive-manifest.js';
import type { OnProgress } from './archive-progress.js';
import { readBudgetFacts } from './budget-summary.js';
import { checkArchive } from './check-archive.js';
import { createdAtMs } from './created-at.js';
import { isSameFile } from './same-file.js';
import { writeArchive } from './write-archive.js';
import { writeFileList } from './write-file-list.js';

export interface CreateArchiveOptions {
  readonly infospace: string;
  /** The directory in which the archive is put; made where it is missing. Not inside the infospace. */
  readonly to: string;
  /** Paths within the infospace that are kept although they are usually left out, with all below them. */
  readonly include?: readonly string[] | undefined;
  /** Stands for the time of the last run. Whole seconds since 1970. */
  readonly sourceDateEpochS?: number | undefined;
  /** Must not throw. */
  readonly onProgress?: OnProgress | undefined;
}

export interface CreateArchiveResult {
  readonly archive: string;
  readonly sidecar: string;
  /** `unchanged`: it was there already, byte for byte. */
  readonly state: 'created' | 'unchanged';
  readonly manifest: ArchiveManifest;
  readonly seal: ArchiveSeal;
  /** How many files and directories were left out, and the first 100 of them, relative to the infospace. */
  readonly leftOutCount: number;
  readonly leftOut: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Puts an infospace into `<slug>-<stamp>.tar.gz`, with its manifest as first entry and in a file beside. It is read back
 * and compared in full before it gets its name; a process that dies leaves a temporary file, which the next call for the
 * same directory removes. The infospace is only read.
 *
 * The same files give the same bytes, whatever their times and order, with the same version of Node on the same kind of
 * processor; what is inside the compression is the same everywhere.
 *
 * @throws CodedError `infospace_not_found`, `not_archivable`, `file_corrupt`, `archive_exists`, … (input);
 * `archive_inside_infospace`, `include_not_found` (usage); `file_changed`, `file_unreadable`, `disk_full`, … (environment).
 */
export async function createArchive(options: CreateArchiveOptions): Promise<CreateArchiveResult> {
  const { include = [], onProgress = () => {} } = options;
  const paths = existingInfospace(options.infospace);
  const to = resolve(options.to);
  refuseInside(paths.root, to);
  const kept = include.map((path) => includedPath(paths.root, path));
  await ensureDirectory(to);
  await removeLeftovers(to);
  const root = realpathSync(paths.root);
  const list = newFile(join(to, `${paths.slug}.files`));
  try {
    const sums = await writeFileList({ root, slug: paths.slug, include: kept }, list, onProgress);
    list.finish();
    // Between the two readings of the files: if one of these changes meanwhile, that shows in the second.
    const { summary, times, warnings } = await readBudgetFacts(paths);
    const createdMs = createdAtMs(options.sourceDateEpochS, times);
    const manifest = completeManifest({
      schema_version: 1,
      created_at: new Date(createdMs).toISOString(),
      tool: TOOL,
      slug: paths.slug,
      files: { count: sums.count, bytes: sums.bytes, list_sha256: sums.listSha256 },
      metadata: summary === null ? {} : { budget_summary: summary },
    });
    refuseLongManifest(manifest, paths);
    const archive = join(to, `${paths.slug}-${compactTime(createdMs)}${ARCHIVE_END}`);
    const modifiedS = Math.floor(createdMs / 1000);
    const parts = { root, manifest, list: list.temporary, listBytes: sums.listBytes, modifiedS };
    const { seal, state } = await writeChecked(archive, parts, onProgress);
    const { leftOut, leftOutCount } = sums;
    return { archive, sidecar: sidecarOf(archive), state, manifest, seal, leftOut, leftOutCount, warnings };
  } finally {
    list.discard();
  }
}

async function writeChecked(
  archive: string,
  parts: Parameters<typeof writeArchive>[0],
  onProgress: OnProgress,
): Promise<{ seal: ArchiveSeal; state: CreateArchiveResult['state'] }> {
  const file = newFile(archive);
  try {
    const seal = await writeArchive(parts, file, onProgress);
    await readBack(file, archive, parts.manifest, seal, onProgress);
    const isThere = kindOfPath(archive) !== 'missing';
    if (isThere && !isSameFile(archive, seal)) throw archiveExists(archive);
    if (!isThere) file.putInPlace();
    // Second: an archive without it is whole all the same, and one without an archive is nothing.
    await replaceFile(sidecarOf(archive), sidecarText(parts.manifest, seal));
    return { seal, state: isThere ? 'unchanged' : 'created' };
  } finally {
    file.discard();
  }
}

async function readBack(
  { temporary }: NewFile,
  archive: string,
  manifest: ArchiveManifest,
  seal: ArchiveSeal,
  onProgress: OnProgress,
): Promise<void> {
  let cause: unknown;
  try {
    const checked = await checkArchive(temporary, archive, onProgress);
    if (checked.seal.sha256 === seal.sha256 && manifestText(checked.manifest) === manifestText(manifest)) return;
  } catch (error) {
    if (!CodedError.isInstance(error) || error.kind !== 'input') throw error;
    cause = error;
  }
  const message = `${archive}: what was written does not read back as it was written, and was removed. Check the disk and the memory of this machine.`;
  throw new CodedError({ code: 'archive_not_as_written', kind: 'environment', file: archive, message, cause });
}

function refuseInside(root: string, to: string): void {
  const real = kindOfPath(to) === 'directory' ? realpathSync(to) : to;
  const isInside = [to, real].some((place) =>
    [root, realpathSync(root)].some((around) => place === around || place.startsWith(around + sep)),
  );
  if (!isInside) return;
  const message = `${to} lies in the infospace ${root}: the next archive would hold this one. Name another directory with --to.`;
  throw new CodedError({ code: 'archive_inside_infospace', kind: 'usage', file: to, message });
}

function includedPath(root: string, given: string): string {
  const path = relative(root, resolve(root, given)).split(sep).join('/');
  if (path !== '' && path !== '..' && !path.startsWith('../') && kindOfPath(join(root, path)) !== 'missing')
    return path;
  const message = `${given}: there is nothing of this name below ${root}. What is to be included is named relative to the infospace, as in .env.example.`;
  throw new CodedError({ code: 'include_not_found', kind: 'usage', message });
}

function refuseLongManifest(manifest: ArchiveManifest, { usage }: InfospacePaths): void {
  if (Buffer.byteLength(manifestText(manifest)) <= MAX_MANIFEST_BYTES) return;
  const what = 'it has a snapshot id, or a time, that is too long for a manifest';
  throw notArchivable(usage, what, 'Mend the file and run again.');
}

function archiveExists(file: string): CodedError {
  const message = `${file}: an archive of this name is there and holds something else. Move it away, or name another directory with --to.`;
  return new CodedError({ code: 'archive_exists', kind: 'input', file, message });
}
