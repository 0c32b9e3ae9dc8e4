import { CodedError } from '@budget/core';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied; check who owns it and the directory around it',
  EBUSY: 'it is a mount point or in use; if it is mounted into a container by itself, mount its directory instead',
  EDQUOT: 'the disk quota is used up; free some space and run again',
  EFBIG: 'the limit on the size of a file is reached; raise it (`ulimit -f`) and run again',
  EIO: 'the disk reported a fault; check it before you go on',
  ELOOP: 'its symbolic links lead in a circle; mend or remove them',
  EMFILE: 'too many files are open in this process; raise the limit (`ulimit -n`) and run again',
  ENAMETOOLONG: 'the name is too long for this file system',
  ENFILE: 'too many files are open on this machine; close some and run again',
  ENOENT: 'it, or the directory around it, does not exist',
  ENOSPC: 'the disk is full; free some space and run again',
  ENOTDIR: 'a part of its path is a file where a directory should be; move that file away',
  EPERM: 'permission is denied; check who owns it and the directory around it',
  EROFS: 'the file system is mounted read-only',
};

/** The system's name of the error (`ENOENT`), or undefined when the error is not the system's. */
export function errnoOf(error: unknown): string | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return syscall === undefined ? undefined : code;
}

/** What went wrong and what to do, as the second half of a sentence. */
export function reasonOf(error: unknown): string {
  return reasons[errnoOf(error) ?? ''] ?? String((error as Error).message);
}

export function notAFile(file: string, cause?: unknown): CodedError {
  const message = `${file} is a directory, a pipe or a device where a file should be. Move it away and run again.`;
  return new CodedError({ code: 'not_a_file', kind: 'input', message, file, cause });
}

/** @param link at the path, or on the way to it. */
export function leadsNowhere(file: string, link: string): CodedError {
  const which = link === file ? 'this link' : `${link}, which is on the way to it,`;
  const message = `${file}: ${which} leads nowhere. Mend or remove the link and run again.`;
  return new CodedError({ code: 'not_a_file', kind: 'input', message, file });
}

/** Codes: `file_unreadable`, or `not_a_directory` and `not_a_file` for a wrong thing at the path. */
export function readError(file: string, cause: unknown): unknown {
  return fileError('file_unreadable', 'Cannot read', file, cause);
}

/** Codes: `disk_full`, `file_unwritable`, or `not_a_directory` and `not_a_file` for a wrong thing at the path. */
export function writeError(file: string, cause: unknown): unknown {
  const full = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(errnoOf(cause) ?? '');
  return fileError(full ? 'disk_full' : 'file_unwritable', 'Cannot write', file, cause);
}

function fileError(code: string, verb: string, file: string, cause: unknown): unknown {
  const errno = errnoOf(cause);
  // A mistake in our own code keeps its own shape and stack.
  if (errno === undefined) return cause;
  // ENXIO: a socket, or a pipe that nobody reads.
  if (errno === 'EISDIR' || errno === 'ENXIO') return notAFile(file, cause);
  const message = `${verb} ${file}: ${reasonOf(cause)}.`;
  if (errno === 'ENOTDIR') return new CodedError({ code: 'not_a_directory', kind: 'input', message, file, cause });
  return new CodedError({ code, kind: 'environment', message, file, cause });
}
