import { describe, expect, it } from 'vitest';
import { isLoopback } from './loopback.js';
import { hostnameIn, isSameOrigin } from './requested-host.js';

describe('names of this machine', () => {
  it.each(['localhost', 'LocalHost:80', '127.0.0.1:8790', '127.1.2.3', '[::1]:80'])('%s is one', (host) => {
    expect(isLoopback(hostnameIn(host))).toBe(true);
  });

  it.each(['', 'localhost.example.com', '127.0.0.1.example.com:80', 'a b', '0.0.0.0', '[::]'])(
    '"%s" is none',
    (host) => {
      expect(isLoopback(hostnameIn(host))).toBe(false);
    },
  );
});

it.each(['https://budget.example.com', 'budget.example.com/', 'budget.example.com?', 'me@localhost', 'localhost#a'])(
  '%s is an address, or a part of one, and no name',
  (text) => {
    expect(hostnameIn(text)).toBe('');
  },
);

it('an origin is the same only with its port', () => {
  expect(isSameOrigin('http://localhost:80', 'LOCALHOST')).toBe(true);
  expect(isSameOrigin('http://localhost:81', 'localhost:80')).toBe(false);
  expect(isSameOrigin('null', 'localhost')).toBe(false);
});
