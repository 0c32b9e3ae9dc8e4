export { type LimitedServer, limitedServer, type ServerLimits } from './limited-server.js';
export { isLoopback } from './loopback.js';
export { nextSignal } from './next-signal.js';
export { hostnameIn, isSameOrigin } from './requested-host.js';
export { wholeBody } from './whole-body.js';
