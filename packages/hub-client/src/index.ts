export type { EmitResult, HubClient } from './hub-client.js';
export type { TokenEvent, TokenEventData, TokenEventModel } from './token-event.js';
