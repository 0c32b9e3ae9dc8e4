// Loaded before the command: notes every socket, look-up and query that is begun, by the runtime's own names.
import { createHook } from 'node:async_hooks';
import { appendFileSync } from 'node:fs';

const NETWORK = /^(?:TCP|PIPECONNECT|UDP|GETADDRINFO|GETNAMEINFO|QUERY|DNSCHANNEL|TLS|HTTP)/;
const file = process.env.BUDGET_TEST_RESOURCES;

createHook({
  init(_id, type) {
    if (NETWORK.test(type)) appendFileSync(file, `${type}\n`);
  },
}).enable();
