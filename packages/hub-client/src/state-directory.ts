import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Environment } from './opt-out.js';

/** `$XDG_STATE_HOME/budget`. The XDG specification: a path that is not absolute is to be ignored. */
export function stateDirectoryOf(environment: Environment): string {
  const xdg = environment['XDG_STATE_HOME'] ?? '';
  return join(isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'state'), 'budget');
}
