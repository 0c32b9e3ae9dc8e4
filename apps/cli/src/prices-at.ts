import { resolve } from 'node:path';
import { findInfospace, type Prices, pricesIn } from '@budget/infospace';

/**
 * The prices that hold where somebody stands: those of the infospace around, else of the workspace that the directory
 * itself may be.
 */
export async function pricesAt(directory: string, workspace: string | undefined): Promise<Prices> {
  const infospace = findInfospace(directory);
  const here = infospace === null ? directory : undefined;
  return await pricesIn({ infospace, workspace: workspace === undefined ? here : resolve(directory, workspace) });
}

/** A provider as the prices call it, whichever of its usual names somebody gave; as given where they know it not. */
export function providerNamed(given: string | undefined, { bundled }: Prices): string | undefined {
  return given === undefined ? undefined : (bundled.providerOfName(given) ?? given);
}
