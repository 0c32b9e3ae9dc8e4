import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { existingInfospace, findInfospace } from './infospace-paths.js';
import { temporaryDirectory, write } from './testing/temporary.js';

describe('finding an infospace', () => {
  it('goes upward to the nearest, past what cannot be looked at', () => {
    const home = temporaryDirectory();
    write(home, 'budget.yaml', '');
    write(home, 'deep/er/readme.md', '');
    symlinkSync('budget.yaml', join(home, 'deep', 'budget.yaml'));
    expect(findInfospace(join(home, 'deep', 'er'))).toBe(home);
    write(home, 'deep/output/budget/usage.yaml', '');
    expect(findInfospace(join(home, 'deep', 'er'))).toBe(join(home, 'deep'));
  });

  it('stops at one whose settings are a link that leads nowhere', () => {
    const home = temporaryDirectory();
    write(home, 'budget.yaml', '');
    write(home, 'own/readme.md', '');
    symlinkSync('nowhere.yaml', join(home, 'own', 'budget.yaml'));
    expect(findInfospace(join(home, 'own'))).toBe(join(home, 'own'));
  });

  it('tells a directory that is not there from one that cannot be looked at', () => {
    const home = temporaryDirectory();
    symlinkSync('circle', join(home, 'circle'));
    expect(() => existingInfospace(join(home, 'missing'))).toThrow(
      expect.objectContaining({ code: 'infospace_not_found', kind: 'input' }),
    );
    expect(() => existingInfospace(join(home, 'circle'))).toThrow(
      expect.objectContaining({ code: 'file_unreadable', kind: 'environment' }),
    );
  });
});
