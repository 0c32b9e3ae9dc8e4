import { lstatSync, readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { compareCodePoints } from '../compare-code-points.js';
import { errnoOf, leadsNowhere, readError } from './files-errors.js';

/** `dangling_link`: a symbolic link to something that is not there. `other`: a pipe, a device, a socket. */
export type PathKind = 'directory' | 'file' | 'other' | 'dangling_link' | 'missing';

/**
 * What is at a path, behind symbolic links.
 *
 * @throws CodedError `not_a_directory` (input) when a file is on the way to it; `file_unreadable` (environment): links
 * that lead in a circle, a directory that may not be searched.
 */
export function kindOfPath(path: string): PathKind {
  try {
    const status = statSync(path, { throwIfNoEntry: false });
    if (status?.isDirectory()) return 'directory';
    if (status !== undefined) return status.isFile() ? 'file' : 'other';
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? 'dangling_link' : 'missing';
  } catch (error) {
    throw readError(path, error);
  }
}

/** For those who search: what cannot be looked at is not what they search for, and no reason to stop. */
export function isDirectory(path: string): boolean {
  return isKind(path, 'directory');
}

/** As `isDirectory`. */
export function isFile(path: string): boolean {
  return isKind(path, 'file');
}

/** As `isDirectory`. */
export function isDanglingLink(path: string): boolean {
  return isKind(path, 'dangling_link');
}

/** The link that leads nowhere because of which there is nothing at a path, or `null`: then it was never made. */
export function danglingLinkOn(path: string): string | null {
  for (let place = path; ; place = dirname(place)) {
    if (lstatSync(place, { throwIfNoEntry: false }) !== undefined) return isDanglingLink(place) ? place : null;
    if (dirname(place) === place) return null;
  }
}

function isKind(path: string, kind: PathKind): boolean {
  try {
    return kindOfPath(path) === kind;
  } catch {
    return false;
  }
}

/** Tells whether a file was changed since it was looked at last. */
export interface FileStamp {
  readonly bytes: number;
  /** Since 1970; fractional. */
  readonly modifiedMs: number;
}

/** `null` for what is no file, or cannot be looked at: reading it tells why. */
export function fileStamp(path: string): FileStamp | null {
  try {
    const status = statSync(path, { throwIfNoEntry: false });
    return status?.isFile() ? { bytes: status.size, modifiedMs: status.mtimeMs } : null;
  } catch {
    return null;
  }
}

/**
 * The names in a directory, sorted by code point; `null` when there is no such directory. A link that leads nowhere is
 * refused, as of a file that is read: what its directory holds is only not here.
 *
 * @throws CodedError `not_a_directory` (input) when something else is at the path, `not_a_file` (input) when such a link
 * is on it; `file_unreadable` (environment).
 */
export function directoryNames(path: string): string[] | null {
  try {
    return readdirSync(path).sort(compareCodePoints);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw readError(path, error);
    const link = danglingLinkOn(path);
    if (link === null) return null;
    throw leadsNowhere(path, link);
  }
}
