import { basename } from 'node:path';
import type { Settings } from './documents/settings-values.js';
import { existingInfospace, workspaceOf } from './infospace-paths.js';
import { readSettings } from './read-settings.js';

/** What the settings of an infospace say of calls that are still to be made. `null` where they say nothing. */
export interface LiveLimits
  extends Pick<
    Settings,
    'maxNanoUsd' | 'warnNanoUsd' | 'maxCalls' | 'maxTokensPerThread' | 'onExceed' | 'onUnpriced' | 'warnings'
  > {
  /** `<workspace>/<slug>`: its name among all infospaces. */
  readonly name: string;
}

/** @throws CodedError `infospace_not_found`, `file_invalid`, `schema_newer` (kind `input`), or kind `environment`. */
export async function readLiveLimits(infospace: string): Promise<LiveLimits> {
  const paths = existingInfospace(infospace);
  const { workspace, retention: _, models: __, hubDisabled: ___, ...limits } = await readSettings(paths.settings);
  return { ...limits, name: `${workspace ?? basename(workspaceOf(paths.root))}/${paths.slug}` };
}
