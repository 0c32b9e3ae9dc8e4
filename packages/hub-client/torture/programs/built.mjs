// The built package, as it is installed: programs of their own have no other.
export { buildTokenEvent, createHubClient } from '../../dist/index.js';
