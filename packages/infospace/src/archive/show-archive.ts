import { CodedError } from '@budget/core';
import { fileStamp, readTextIfThere } from '../storage/files.js';
import { type ArchiveManifest, type ArchiveSeal, HEAD_BYTES, readSidecar, sidecarOf } from './archive-manifest.js';
import { ByteSource } from './byte-source.js';
import { gunzipHead } from './gunzip-file.js';
import { manifestIn } from './head-entries.js';
import { tarEntries } from './read-tar.js';

/** What an archive says of itself. It is not verified. */
export interface ShownArchive {
  readonly archive: string;
  readonly bytes: number;
  readonly manifest: ArchiveManifest;
  /** Where it was read: in the file beside the archive, or in the archive's first 64 KiB. */
  readonly from: 'sidecar' | 'head';
  /** Of the archive, as its sidecar has it; `null` without one. */
  readonly sha256: string | null;
  readonly warnings: readonly string[];
}

export interface Sidecar {
  readonly text: string;
  readonly manifest: ArchiveManifest;
  readonly archive: ArchiveSeal;
}

/**
 * Reads at most 64 KiB: the sidecar where it is there and fits, else the beginning of the archive.
 *
 * @throws CodedError `archive_missing`, `not_an_archive`, `archive_damaged`, `archive_unsafe`, `schema_newer` (input);
 * `file_unreadable` (environment).
 */
export async function showArchive(archive: string): Promise<ShownArchive> {
  const bytes = fileStamp(archive)?.bytes ?? 0;
  const warnings: string[] = [];
  try {
    const sidecar = await readSidecarOf(archive);
    if (sidecar?.archive.bytes === bytes) {
      const { manifest, archive: seal } = sidecar;
      return { archive, bytes, manifest, from: 'sidecar', sha256: seal.sha256, warnings };
    }
    if (sidecar !== null)
      warnings.push(`${sidecarOf(archive)} belongs to another archive, of ${sidecar.archive.bytes} bytes.`);
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    warnings.push(error.message);
  }
  return { archive, bytes, manifest: await manifestInHead(archive), from: 'head', sha256: null, warnings };
}

/**
 * `null` where there is none.
 *
 * @throws CodedError `archive_damaged`, `schema_newer`, `file_corrupt`, … (input); `file_unreadable` (environment).
 */
export async function readSidecarOf(archive: string): Promise<Sidecar | null> {
  const file = sidecarOf(archive);
  const advice = 'Run `budget archive verify` on its archive.';
  const text = await readTextIfThere(file, { advice, maxBytes: HEAD_BYTES });
  return text === null ? null : { text, ...readSidecar(text, file) };
}

async function manifestInHead(archive: string): Promise<ArchiveManifest> {
  const source = new ByteSource(gunzipHead(archive, HEAD_BYTES));
  try {
    return (await manifestIn(tarEntries(source, archive), archive)).manifest;
  } finally {
    await source.close();
  }
}
