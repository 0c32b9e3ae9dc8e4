import { afterEach, expect, it, vi } from 'vitest';
import { ownTimeZone } from './own-time-zone.js';

afterEach(() => vi.unstubAllEnvs());

it.each([
  ['Europe/Paris', 'Europe/Paris'],
  ['Etc/UTC', 'UTC'],
  ['', 'UTC'],
  [':/etc/localtime', 'UTC'],
  ['UTC+3', 'UTC'],
  ['Foo/Bar', 'UTC'],
])('TZ=%j is %s', (given, zone) => {
  vi.stubEnv('TZ', given);
  expect(ownTimeZone()).toBe(zone);
});
