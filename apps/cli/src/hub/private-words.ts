import { hostname, userInfo } from 'node:os';
import { basename } from 'node:path';
import { homeDirectory } from '@budget/core';

/** Words of this machine and its user, which no event may hold. */
export function privateWords(): string[] {
  const host = hostname();
  return [...new Set([host, host.split('.')[0] ?? '', userName(), basename(homeDirectory())])].filter(
    (word) => word !== '',
  );
}

/** A container's user may have no entry to read a name from. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env['USER'] ?? '';
  }
}
