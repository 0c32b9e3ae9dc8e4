import type { Provider } from '@pydantic/genai-prices';

export interface BundledPricesInput {
  readonly providers: readonly Provider[];
  readonly version: string;
  /** `2026-09-23` */
  readonly capturedAt: string;
  /** model-facts.yaml, parsed. */
  readonly facts: Readonly<Record<string, unknown>>;
}

export function bundledPrices(input: BundledPricesInput): string;
