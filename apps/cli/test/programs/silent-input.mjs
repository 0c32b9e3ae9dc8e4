// Preloaded: somebody sits at the terminal whose input never ends, and nothing that is left could end it.
import { Readable } from 'node:stream';

const stdin = Object.assign(new Readable({ read() {} }), { isTTY: true });
Object.defineProperty(process, 'stdin', { value: stdin });
Object.defineProperty(process.stderr, 'isTTY', { value: true });
