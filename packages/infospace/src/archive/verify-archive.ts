import { archiveDamaged } from './archive-errors.js';
import { type ArchiveManifest, type ArchiveSeal, sidecarOf, sidecarText } from './archive-manifest.js';
import type { OnProgress } from './archive-progress.js';
import { checkArchive } from './check-archive.js';
import { readSidecarOf } from './show-archive.js';

export interface VerifiedArchive {
  readonly archive: string;
  readonly manifest: ArchiveManifest;
  readonly seal: ArchiveSeal;
  /** `missing`: every file was compared all the same; of the container only what its own sums cover. */
  readonly sidecar: 'matches' | 'missing';
}

/**
 * Reads an archive to its end and compares it with its list, its manifest and its sidecar. Nothing is unpacked.
 *
 * @throws CodedError `archive_missing`, `not_an_archive`, `archive_damaged`, `archive_unsafe`, `schema_newer` (input);
 * `file_unreadable` (environment).
 */
export async function verifyArchive(
  archive: string,
  { onProgress = () => {} }: { readonly onProgress?: OnProgress | undefined } = {},
): Promise<VerifiedArchive> {
  const { manifest, seal } = await checkArchive(archive, archive, onProgress);
  const sidecar = await readSidecarOf(archive);
  if (sidecar === null) return { archive, manifest, seal, sidecar: 'missing' };
  if (sidecar.archive.sha256 !== seal.sha256 || sidecar.archive.bytes !== seal.bytes) {
    throw archiveDamaged(archive, `its SHA-256 or its length is not the one in ${sidecarOf(archive)}`);
  }
  if (sidecar.text !== sidecarText(manifest, seal)) {
    throw archiveDamaged(sidecarOf(archive), 'it says something else than the manifest in its archive');
  }
  return { archive, manifest, seal, sidecar: 'matches' };
}
