export { expectNotOfLedger } from './expect-not-of-ledger.js';
export { type SqliteStore, type SqliteStoreOptions, sqliteStore } from './sqlite-store.js';
