import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The environment in which native add-ons are compiled against the headers beside this Node, where it came with them
 * (Debian's does): otherwise they would be downloaded, which fails behind a wall. What the user set goes before.
 */
export function withNativeHeaders(environment, execPath = process.execPath) {
  const prefix = dirname(dirname(execPath));
  if (environment.npm_config_nodedir !== undefined || !existsSync(join(prefix, 'include', 'node', 'node_version.h'))) {
    return environment;
  }
  return { ...environment, npm_config_nodedir: prefix };
}
