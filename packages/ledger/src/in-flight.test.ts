import fc from 'fast-check';
import { expect, it } from 'vitest';
import { InFlight } from './in-flight.js';

it('what is under way is what was added and not removed, whatever the order', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(8)), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (all) => {
      const [inFlight, expected] = [new InFlight<number>(), new Set<number>()];
      for (const [isAdded, item] of all) {
        if (isAdded && !expected.has(item)) inFlight.add(item);
        if (isAdded) expected.add(item);
        else {
          inFlight.remove(item);
          expected.delete(item);
        }
        expect([...inFlight].sort()).toEqual([...expected].sort());
        expect(inFlight.size).toBe(expected.size);
      }
    }),
  );
});
