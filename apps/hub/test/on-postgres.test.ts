import { vi } from 'vitest';
import { useDatabases } from './hub-at-work.js';
import { postgresForTests } from './postgres-for-tests.js';

vi.setConfig({ testTimeout: 60_000 });

// What a hub does is the same wherever its events are: the same tests. Nobody pulls the plug here.
const postgres = postgresForTests({ fsync: 'off' });
useDatabases({
  ...postgres,
  // One hub at a time, so that its tables may be made anew, which is much faster than a database.
  async newDatabase() {
    await postgres.query(postgres.server().address, 'DROP SCHEMA IF EXISTS budget_hub CASCADE');
    return postgres.server().address;
  },
});
await import('./token-events.test.js');
await import('./token-summary.test.js');
await import('./mcp.test.js');
await import('./tokens.test.js');
