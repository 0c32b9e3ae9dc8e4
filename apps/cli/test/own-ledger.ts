import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Commands that tests start leave the ledger of whoever runs them alone. */
const directory = mkdtempSync(join(tmpdir(), 'budget-test-data-'));
process.env['XDG_DATA_HOME'] = directory;
process.env['BUDGET_LEDGER'] = '';
process.env['BUDGET_LEDGER_DISABLE'] = '';
afterAll(() => rmSync(directory, { recursive: true, force: true }));
