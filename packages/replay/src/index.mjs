export { errorBody } from './error-body.mjs';
export { allExchanges, keptExchanges, readExchange } from './recordings.mjs';
export { startReplay } from './start-replay.mjs';
