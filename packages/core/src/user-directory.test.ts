import { describe, expect, it } from 'vitest';
import { userDirectory } from './user-directory.js';

const noEntry = (): string => {
  throw new Error('uv_os_homedir returned ENOENT');
};

describe('where a user keeps what is theirs', () => {
  it('is where the XDG variable says, else below the home', () => {
    expect(userDirectory('data', { XDG_DATA_HOME: '/data' }, [noEntry])).toBe('/data');
    expect(userDirectory('data', {}, [() => '/home/me'])).toBe('/home/me/.local/share');
    expect(userDirectory('state', { XDG_DATA_HOME: '/data' }, [() => '/home/me'])).toBe('/home/me/.local/state');
    expect(userDirectory('config', { XDG_CONFIG_HOME: '' }, [() => '/home/me'])).toBe('/home/me/.config');
  });

  it.each(['', '.', 'home/me', '~'])(
    'is never below the directory that a command stands in, as by "%s"',
    (relative) => {
      expect(userDirectory('data', { XDG_DATA_HOME: relative }, [() => relative, () => '/home/me'])).toBe(
        '/home/me/.local/share',
      );
      expect(userDirectory('data', {}, [() => relative, noEntry])).toBe('/.local/share');
    },
  );

  it('is below the root for a user of whom nothing is written down', () => {
    expect(userDirectory('state', {}, [noEntry, noEntry])).toBe('/.local/state');
  });
});
