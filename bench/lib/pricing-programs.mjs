import { fileURLToPath } from 'node:url';
import { pricingModule } from './built.mjs';

const importNothing = fileURLToPath(new URL('../programs/import-nothing.mjs', import.meta.url));
const importPricing = fileURLToPath(new URL('../programs/import-pricing.mjs', import.meta.url));
const priceOneCall = fileURLToPath(new URL('../programs/price-one-call.mjs', import.meta.url));

/** Each step on the way to a price: what it prints, and how to run it. The first is what the others are compared with. */
export const pricingPrograms = [
  { name: 'imports nothing', parameters: [importNothing], answer: 'nothing' },
  { name: 'imports the package', parameters: [importPricing, pricingModule()], answer: 'function' },
  { name: 'prices one call', parameters: [priceOneCall, pricingModule()], answer: 'openai/gpt-4o 7500000' },
];
