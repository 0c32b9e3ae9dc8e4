import { CodedError } from '@budget/core';

/** It is not, or no longer, what was once archived. */
export function archiveDamaged(file: string, what: string, cause?: unknown): CodedError {
  const message = `${file}: this archive is damaged: ${what}. Take another copy of it; nothing was changed.`;
  return new CodedError({ code: 'archive_damaged', kind: 'input', file, message, cause });
}

/** It holds what could reach beyond the place where it is unpacked. */
export function archiveUnsafe(file: string, what: string): CodedError {
  const message = `${file}: ${what}. No archive of budget holds such a thing: do not unpack it.`;
  return new CodedError({ code: 'archive_unsafe', kind: 'input', file, message });
}

export function notAnArchive(file: string, what: string): CodedError {
  const message = `${file}: ${what}, so it was not made by \`budget archive create\`, or was packed again since.`;
  return new CodedError({ code: 'not_an_archive', kind: 'input', file, message });
}

/** Something in an infospace has no place in an archive. */
export function notArchivable(file: string, what: string, advice: string): CodedError {
  const message = `${file}: ${what}. ${advice}`;
  return new CodedError({ code: 'not_archivable', kind: 'input', file, message });
}

export function changedMeanwhile(file: string, cause?: unknown): CodedError {
  const message = `${file} changed while it was archived, and no archive was made. Run again when nothing writes there.`;
  return new CodedError({ code: 'file_changed', kind: 'environment', file, message, cause });
}
