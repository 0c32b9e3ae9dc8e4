import { basename } from 'node:path';
import { existingInfospace, workspaceOf } from './infospace-paths.js';
import { readSettings } from './read-settings.js';

/** What an infospace is called when others are told of it, and whether its organisation is. */
export interface InfospaceName {
  /** As its settings say, else the directory's name. */
  readonly workspace: string;
  readonly slug: string;
  /** Its settings turn the events to a hub off. */
  readonly hubDisabled: boolean;
}

/** @throws CodedError `infospace_not_found`, `file_invalid`, `schema_newer` (kind `input`), or kind `environment`. */
export async function readInfospaceName(infospace: string): Promise<InfospaceName> {
  const paths = existingInfospace(infospace);
  const { workspace, hubDisabled } = await readSettings(paths.settings);
  return { workspace: workspace ?? basename(workspaceOf(paths.root)), slug: paths.slug, hubDisabled };
}
