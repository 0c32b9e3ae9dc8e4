import { join, resolve } from 'node:path';
import { adviceForEdited } from './documents/problems.js';
import { type DeclaredModel, defaultSettings } from './documents/settings-values.js';
import { existingWorkspace, infospacePaths, workspaceOf } from './infospace-paths.js';
import type { BundledBook } from './pricing/bundled-book.js';
import { bundledPrices } from './pricing/bundled-prices.js';
import { declaredBook } from './pricing/declared-book.js';
import type { Price } from './pricing/price.js';
import { layeredBook, type PriceBook } from './pricing/price-book.js';
import { rateBook } from './pricing/rate-book.js';
import { readSettings } from './read-settings.js';
import { readTextIfThere } from './storage/files.js';

export interface PricesOptions {
  /** Its settings hold, and the table of its workspace; without one only the latter, where `workspace` names it. */
  readonly infospace?: string | null | undefined;
  readonly workspace?: string | undefined;
}

export interface Prices {
  /** Everything that holds, in its order. */
  readonly book: PriceBook;
  /** What comes with this package, on its own. */
  readonly bundled: BundledBook;
  /** The rows of the workspace's own table. */
  readonly workspaceRates: readonly Price[];
  /** What `budget.yaml` says of a model; `null` where it says nothing. An empty provider stands for any. */
  readonly declaredModel: (provider: string, model: string) => DeclaredModel | null;
}

/**
 * The prices that hold in an infospace, in a workspace, or anywhere.
 *
 * @throws CodedError `file_invalid` (kind `input`) when the settings or the workspace's table are wrong,
 * `workspace_not_found` when there is none where `workspace` says.
 */
export async function pricesIn({ infospace, workspace }: PricesOptions): Promise<Prices> {
  const root = infospace === undefined || infospace === null ? null : resolve(infospace);
  const { models } = root === null ? defaultSettings : await readSettings(infospacePaths(root).settings);
  const named = workspace === undefined ? null : existingWorkspace(workspace);
  return await pricesWith(models, named ?? (root === null ? null : workspaceOf(root)));
}

/** As `pricesIn`, with settings that are read already. */
export async function pricesWith(models: readonly DeclaredModel[], workspace: string | null): Promise<Prices> {
  const [workspaceRates, bundled] = await Promise.all([
    workspace === null ? [] : readWorkspaceRates(workspace),
    bundledPrices(),
  ]);
  const tables =
    workspaceRates.length === 0 ? bundled : layeredBook([rateBook(workspaceRates, bundled.providerOfName), bundled]);
  const oneName = (name: string): string => bundled.providerOfName(name) ?? name.toLowerCase();
  const isOf = (declared: DeclaredModel, provider: string): boolean =>
    provider === '' || oneName(declared.provider) === oneName(provider);
  return {
    book: declaredBook(models, tables, bundled.providerOfName),
    bundled,
    workspaceRates,
    declaredModel: (provider, model) =>
      models.find((each) => each.model.toLowerCase() === model.toLowerCase() && isOf(each, provider)) ?? null,
  };
}

/** The workspace's own table; empty where there is none. */
export async function readWorkspaceRates(workspace: string): Promise<Price[]> {
  const path = join(workspace, 'model-rates.yaml');
  const text = await readTextIfThere(path, { advice: adviceForEdited });
  if (text === null) return [];
  // Lazily, for the libraries that it brings.
  const { parseModelRates } = await import('./documents/model-rates.js');
  return parseModelRates(text, path);
}
