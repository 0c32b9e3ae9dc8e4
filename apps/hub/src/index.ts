export type { HubFlags } from './hub-settings.js';
export { type ServeHubOptions, serveHub } from './serve-hub.js';
