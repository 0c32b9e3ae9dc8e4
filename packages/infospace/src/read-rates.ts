import { join } from 'node:path';
import packageRates from '../model-rates.yaml';
import { adviceForEdited } from './documents/problems.js';
import type { Settings } from './documents/settings-values.js';
import type { ModelRate } from './pricing/model-rate.js';
import { type RateTable, rateTable } from './pricing/rate-table.js';
import { readTextIfThere } from './storage/files.js';

/**
 * The prices that hold in a workspace, in their order: models that the settings declare free, the workspace's own
 * `model-rates.yaml`, the package's.
 *
 * @throws CodedError `file_invalid` (kind `input`) when the workspace's table is wrong.
 */
export async function readRates(workspace: string, settings: Settings): Promise<RateTable> {
  // Lazily, for the libraries that it brings: who only reads an infospace needs no prices.
  const { parseModelRates } = await import('./documents/model-rates.js');
  const table = rateTable([
    await readWorkspaceRates(workspace),
    parseModelRates(packageRates, "the package's model-rates.yaml", 'package-rates'),
  ]);
  const free = new Set(settings.freeModels.map(({ provider, model }) => declaredName(provider, model)));
  return {
    find: (provider, model) =>
      free.has(declaredName(provider, model)) ? freeRate(model) : table.find(provider, model),
  };
}

/** Both names must be the declared ones: what one provider gives away another may charge for. */
function declaredName(provider: string, model: string): string {
  return JSON.stringify([provider.toLowerCase(), model.toLowerCase()]);
}

/** The workspace's own table; empty where there is none. */
export async function readWorkspaceRates(workspace: string): Promise<ModelRate[]> {
  const path = join(workspace, 'model-rates.yaml');
  const text = await readTextIfThere(path, { advice: adviceForEdited });
  if (text === null) return [];
  const { parseModelRates } = await import('./documents/model-rates.js');
  return parseModelRates(text, path, 'workspace-rates');
}

function freeRate(model: string): ModelRate {
  return {
    model,
    promptPrice: 0n,
    completionPrice: 0n,
    source: 'settings',
    sourceUrl: null,
    capturedAt: null,
  };
}
