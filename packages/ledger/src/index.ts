export type { Ledger, ObserveResult } from './ledger.js';
export type { Observation } from './observation.js';
