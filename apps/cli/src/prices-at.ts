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

/**
 * Who is called, where only a model need be named: as given, else as `budget.yaml` declares the model, else who makes it.
 * Empty where none of them says. A row `openai/gpt-5` of a rate table is only found by who knows that OpenAI is asked.
 */
export function providerAsked(given: string | undefined, model: string, atMs: number, prices: Prices): string {
  const named = providerNamed(given ?? prices.declaredModel('', model)?.provider, prices);
  if (named !== undefined) return named;
  const maker = prices.bundled.find('', model, atMs)?.provider ?? '';
  // Behind a gateway in front of the name the maker's price is meant, and not the maker.
  return prices.book.find(maker, model, atMs) === null ? '' : maker;
}
