// Preloaded: somebody sits at a terminal, presses the keys of BUDGET_TEST_KEYS and leaves it.
import { Readable } from 'node:stream';

const stdin = Object.assign(Readable.from([Buffer.from(process.env.BUDGET_TEST_KEYS)]), {
  isTTY: true,
  setRawMode() {},
});
Object.defineProperty(process, 'stdin', { value: stdin });
Object.defineProperty(process.stderr, 'isTTY', { value: true });
