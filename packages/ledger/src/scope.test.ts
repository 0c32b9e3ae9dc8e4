import { expect, it } from 'vitest';
import { checkedScope, checkedScopes } from './scope.js';

it.each(['run:42', 'infospace:work/sales', 'thread:ä', '日本', '🙂', 'a b', 'x'.repeat(500), '__proto__'])(
  '%s is a scope',
  (name) => {
    expect(checkedScope(name)).toBe(name);
  },
);

it.each([
  '',
  ' run',
  'run\n',
  'a\u0000b',
  'a\u007fb',
  'x'.repeat(501),
  '\ud800',
  'a\udc00',
  null,
  undefined,
  7,
  ['run'],
])('%j is none', (name) => {
  expect(() => checkedScope(name)).toThrow(
    expect.objectContaining({
      code: 'scope_invalid',
      kind: 'input',
      message: expect.stringContaining('is no scope. A scope is a name such as'),
    }),
  );
});

it('several are sorted, each once, so that the same request is the same', () => {
  expect(checkedScopes(['b', 'a', 'b'])).toEqual(['a', 'b']);
  expect(checkedScopes(Array.from({ length: 16 }, (_, index) => `s${index}`))).toHaveLength(16);
});

it.each([[[]], [Array(17).fill('a')], ['run:1'], [null], [{ length: 1, 0: 'a' }]])(
  '%j is no list of scopes',
  (scopes) => {
    expect(() => checkedScopes(scopes)).toThrow('Scopes are a list of 1 to 16 names.');
  },
);
