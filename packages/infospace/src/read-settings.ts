import { adviceForEdited } from './documents/problems.js';
import { defaultSettings, type Settings } from './documents/settings-values.js';
import { bundledPrices } from './pricing/bundled-prices.js';
import { readTextIfThere } from './storage/files.js';

/** The infospace's `budget.yaml`, or all defaults where there is none. */
export async function readSettings(path: string): Promise<Settings> {
  const text = await readTextIfThere(path, { advice: adviceForEdited });
  if (text === null) return defaultSettings;
  // Validation brings two libraries that most commands in most infospaces never need.
  const { parseSettings } = await import('./documents/settings.js');
  // Whether two names are of one provider, only the prices know. They take a while to load, and most files name no models.
  if (!text.includes('models')) return parseSettings(text, path);
  return parseSettings(text, path, (await bundledPrices()).providerOfName);
}
