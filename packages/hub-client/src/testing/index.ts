export { type MemoryTransport, memoryTransport } from './memory-transport.js';
