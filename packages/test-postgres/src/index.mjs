export { startPostgres } from './start-postgres.mjs';
