#!/usr/bin/env node
// Writes src/pricing/bundled-prices.jsonl from the price data of @pydantic/genai-prices (MIT licence) and from
// model-facts.yaml beside this script. A test fails while the file is not what this gives, so after an update of the
// package: node packages/infospace/scripts/generate-bundled-prices.mjs --captured-at <date of the package's release>
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { bundledPrices } from './lib/bundled-prices.mjs';

const target = fileURLToPath(new URL('../src/pricing/bundled-prices.jsonl', import.meta.url));

const { values } = parseArgs({ options: { 'captured-at': { type: 'string' } } });
const capturedAt = values['captured-at'] ?? '';
if (!/^20\d{2}-\d{2}-\d{2}$/.test(capturedAt)) {
  process.stderr.write('Say when the package was released: --captured-at 2026-09-23\n');
  process.exit(2);
}

const { waitForUpdate } = await import('@pydantic/genai-prices');
const { devDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const version = devDependencies['@pydantic/genai-prices'];
const facts = parse(readFileSync(new URL('./model-facts.yaml', import.meta.url), 'utf8'));
const text = bundledPrices({ providers: await waitForUpdate(), version, capturedAt, facts });
writeFileSync(target, text);
process.stdout.write(`${target}: ${text.split('\n').length - 2} providers, ${text.length} bytes\n`);
