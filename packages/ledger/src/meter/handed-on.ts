import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Hands an answer on as it comes. Resolves when all of it is written, and rejects when either side goes away before: as
 * `pipeline` does, which takes a good part of the time that a short call spends here.
 */
export function handedOn(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    response.once('finish', resolve);
    response.on('error', reject);
    response.once('close', () => {
      // Nothing happens to who has resolved; the provider need not go on for whoever went away.
      if (!response.writableFinished) answer.destroy();
      reject(new Error('the program went away'));
    });
    answer.on('error', reject);
    answer.once('close', () => {
      if (!answer.complete) reject(new Error('the answer broke off'));
    });
    // A program that went away while its answer was on the way has closed already.
    if (response.destroyed) {
      answer.destroy();
      reject(new Error('the program went away'));
    } else answer.pipe(response);
  });
}
