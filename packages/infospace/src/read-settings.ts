import { adviceForEdited } from './documents/problems.js';
import { defaultSettings, type Settings } from './documents/settings-values.js';
import { readTextIfThere } from './storage/files.js';

/** The infospace's `budget.yaml`, or all defaults where there is none. */
export async function readSettings(path: string): Promise<Settings> {
  const text = await readTextIfThere(path, { advice: adviceForEdited });
  if (text === null) return defaultSettings;
  // Validation brings two libraries that most commands in most infospaces never need.
  const { parseSettings } = await import('./documents/settings.js');
  return parseSettings(text, path);
}
