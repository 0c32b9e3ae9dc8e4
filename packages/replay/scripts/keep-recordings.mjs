import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { keptLines } from './kept-lines.mjs';

// Writes the recordings that the package keeps, from all of them: node packages/replay/scripts/keep-recordings.mjs

const kept = fileURLToPath(new URL('../recordings/', import.meta.url));
const repository = fileURLToPath(new URL('../../..', import.meta.url));
const data = resolve(repository, process.env['BUDGET_TEST_DATA'] || '../shared/data', 'provider-responses.jsonl.gz');

const ids = readFileSync(`${kept}ids.txt`, 'utf8').trimEnd().split('\n');
const text = keptLines(gunzipSync(readFileSync(data)).toString('utf8').trimEnd().split('\n'), ids);
writeFileSync(`${kept}exchanges.jsonl`, text);
process.stdout.write(`${ids.length} exchanges, ${text.length} characters\n`);
