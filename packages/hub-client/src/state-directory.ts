import { join } from 'node:path';
import { userDirectory } from '@budget/core';
import type { Environment } from './opt-out.js';

/** `$XDG_STATE_HOME/budget` */
export function stateDirectoryOf(environment: Environment): string {
  return join(userDirectory('state', environment), 'budget');
}
