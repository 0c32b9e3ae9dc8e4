import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterThisTest } from '@budget/test-tools/vitest';

/** A way to a server on this machine that can be cut while bytes are on it. */
export interface CutWay {
  readonly port: number;
  /** From now on nothing arrives any more, on either side, and no side is told. */
  freeze(): void;
  /** As `freeze`, as soon as the program has sent something that holds this text; the server gets it still. */
  freezeAfter(text: string): Promise<void>;
  /** Of what is open now; new connections work. */
  breakOff(): void;
  /** What is opened from now on works; what was frozen stays so. */
  mend(): void;
}

/** Closed after the test. */
export async function cutWay(toPort: number): Promise<CutWay> {
  const pairs = new Set<{ readonly program: Socket; readonly server: Socket; isFrozen: boolean }>();
  let isFrozen = false;
  let awaited: { readonly text: string; readonly tell: () => void } | null = null;

  const listening = createServer((program) => {
    const server = connect(toPort, '127.0.0.1');
    const pair = { program, server, isFrozen };
    pairs.add(pair);
    program.on('data', (chunk) => {
      if (pair.isFrozen) return;
      server.write(chunk);
      if (awaited === null || !chunk.includes(awaited.text)) return;
      freeze();
      awaited.tell();
      awaited = null;
    });
    server.on('data', (chunk) => {
      if (!pair.isFrozen) program.write(chunk);
    });
    for (const [one, other] of [
      [program, server],
      [server, program],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => {
        if (!pair.isFrozen) other.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  afterThisTest(() => {
    for (const { program, server } of pairs) for (const socket of [program, server]) socket.destroy();
    listening.close();
  });

  function freeze(): void {
    isFrozen = true;
    for (const pair of pairs) pair.isFrozen = true;
  }

  return {
    port: (listening.address() as { port: number }).port,
    freeze,
    freezeAfter: (text) =>
      new Promise((resolve) => {
        awaited = { text, tell: resolve };
      }),
    breakOff() {
      for (const { program, server } of pairs) for (const socket of [program, server]) socket.destroy();
      pairs.clear();
    },
    mend() {
      isFrozen = false;
    },
  };
}
