import { describe, expect, it } from 'vitest';
import { namedStore } from './named-store.js';

describe('the name of a store', () => {
  it.each(['here.db', '/data/budget ledger.db', './postgres.db', 'a:b.db', 'C:\\budget\\ledger.db'])(
    'is a file: %s',
    (name) => {
      expect(namedStore(` ${name}\n`)).toEqual({ kind: 'file', name });
    },
  );

  it.each(['postgres://me:hush@host/ledger', 'PostgreSQL://host'])('is a server: %s', (name) => {
    expect(namedStore(`\n${name} `)).toEqual({ kind: 'server', name });
  });

  it.each([
    ['~/ledger.db', /^begins with ~/],
    // Docker leaves them around what stands in an --env-file.
    ['"postgres://me:hush@host/ledger"', /^begins with a quotation mark/],
    ["'/data/ledger.db'", /^begins with a quotation mark/],
    ['mysql://me:hush@host/ledger', /^is a mysql:\/\/ address/],
    ['jdbc:postgresql://me:hush@host/ledger', /^is a jdbc:postgresql:\/\/ address/],
    ['postgres:/me:hush@host/ledger', /two slashes/],
    ['postgresql:me:hush@host', /two slashes/],
  ])('is neither, and told without its password: %s', (name, fault) => {
    expect(namedStore(name)).toEqual({ kind: 'mistake', fault: expect.stringMatching(fault) });
    expect(JSON.stringify(namedStore(name))).not.toContain('hush');
  });
});
