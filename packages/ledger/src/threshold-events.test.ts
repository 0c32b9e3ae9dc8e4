import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ThresholdCrossing } from './threshold-crossing.js';
import { thresholdEvents, thresholdText } from './threshold-events.js';

const crossing: ThresholdCrossing = {
  ...{ scope: 'run:1', unit: 'calls', window: null, percent: 75, severity: 'warning' },
  ...{ limit: 4n, used: 3n, resetsAtMs: null },
};
const told = 'run:1 has used 75% of its limit: 3 calls of 4 calls (warning)';

function eventsWithLog() {
  const lines: string[] = [];
  return { lines, events: thresholdEvents((line) => lines.push(line)) };
}

describe('listeners for thresholds', () => {
  it('are each told of each crossing in their order, and the log too', () => {
    const { lines, events } = eventsWithLog();
    const heard: unknown[] = [];
    events.subscribe((each) => heard.push(['first', each.percent]));
    events.subscribe((each) => heard.push(['second', each.percent]));
    events.tell([crossing, { ...crossing, percent: 90, severity: 'critical' }]);
    expect(heard).toEqual([
      ['first', 75],
      ['second', 75],
      ['first', 90],
      ['second', 90],
    ]);
    expect(lines).toEqual([told, thresholdText({ ...crossing, percent: 90, severity: 'critical' })]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('broken');
      },
    ],
    ['rejects with what is no error', () => Promise.reject('broken')],
  ])('one that %s silences no other, and is logged once', async (_what, listener) => {
    const { lines, events } = eventsWithLog();
    const heard: number[] = [];
    events.subscribe(listener);
    events.subscribe(({ percent }) => heard.push(percent));
    events.tell([crossing]);
    await nextTurn();
    expect(heard).toEqual([75]);
    expect(lines).toEqual([told, 'A listener for thresholds failed: broken']);
  });

  it('one that never settles is not waited for', () => {
    const { events } = eventsWithLog();
    const heard: number[] = [];
    events.subscribe(() => new Promise(() => {}));
    events.subscribe(({ percent }) => heard.push(percent));
    events.tell([crossing]);
    expect(heard).toEqual([75]);
  });

  it('are told no more once they unsubscribed, each subscription by itself, twice if they like', () => {
    const { events } = eventsWithLog();
    const heard: number[] = [];
    const listener = ({ percent }: ThresholdCrossing) => heard.push(percent);
    const [unsubscribe] = [events.subscribe(listener), events.subscribe(listener)];
    events.tell([crossing]);
    unsubscribe();
    unsubscribe();
    events.tell([crossing]);
    expect(heard).toEqual([75, 75, 75]);
  });

  it('hear of it though the log throws, also while it is told of their failure', async () => {
    const events = thresholdEvents(() => {
      throw new Error('The log is broken.');
    });
    const heard: number[] = [];
    events.subscribe(async () => {
      throw new Error('broken');
    });
    events.subscribe(({ percent }) => heard.push(percent));
    events.tell([crossing]);
    await nextTurn();
    expect(heard).toEqual([75]);
  });

  it('one that subscribes another at each crossing does not hear of it without end', () => {
    const { events } = eventsWithLog();
    let heard = 0;
    const listener = () => {
      heard += 1;
      if (heard < 1000) events.subscribe(listener);
    };
    events.subscribe(listener);
    events.tell([crossing]);
    expect(heard).toBe(1);
  });

  it('one that was unsubscribed by another is not told any more', () => {
    const { events } = eventsWithLog();
    const heard: string[] = [];
    events.subscribe(() => unsubscribe());
    const unsubscribe = events.subscribe(() => heard.push('second'));
    events.tell([crossing]);
    expect(heard).toEqual([]);
  });

  it('a log that rejects ends no process', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const events = thresholdEvents(() => Promise.reject(new Error('The log is broken.')));
    events.tell([crossing]);
    await nextTurn();
    await nextTurn();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});
