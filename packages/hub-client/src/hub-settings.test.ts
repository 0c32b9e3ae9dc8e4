import { describe, expect, it } from 'vitest';
import { chooseHub, type HubChoiceOptions } from './hub-settings.js';

const url = 'https://hub.example.com/base/';
const on = (more: Partial<HubChoiceOptions> = {}) => chooseHub({ environment: { BUDGET_HUB_URL: url }, ...more });
const by = (environment: Record<string, string>) => chooseHub({ environment: { BUDGET_HUB_URL: url, ...environment } });

describe('which hub gets the events', () => {
  it('is the one of the environment, else of the configuration, else none', () => {
    expect(on()).toMatchObject({ settings: { url: 'https://hub.example.com/base', transport: 'http', token: null } });
    const configuration = { url: 'https://other.example.com', transport: 'mcp', tool: 'tell', arguments: 'event.data' };
    expect(on({ configuration }).settings?.url).toBe('https://hub.example.com/base/');
    expect(chooseHub({ environment: {}, configuration }).settings).toMatchObject({
      ...{ url: 'https://other.example.com', transport: 'mcp', tool: 'tell', arguments: 'event.data' },
    });
    const none = chooseHub({ environment: {} });
    expect(none).toMatchObject({ settings: null, reason: 'no hub is configured', isOptOut: false });
  });

  it.each(['BUDGET_DISABLE_HUB_EVENTS', 'INFOSPACE_BENCH_DISABLE_HUB_TOKEN_EVENTS', 'DO_NOT_TRACK'])(
    'is none where %s says so',
    (variable) => {
      for (const value of ['1', 'true', 'yes', 'no'])
        expect(by({ [variable]: value })).toMatchObject({
          settings: null,
          reason: `${variable} is set`,
          isOptOut: true,
        });
      for (const value of ['', '0', 'false', 'False']) expect(by({ [variable]: value }).settings).not.toBeNull();
    },
  );

  it('is none where the project or the configuration turns it off', () => {
    expect(on({ isDisabledByProject: true }).settings).toBeNull();
    expect(on({ configuration: { disabled: true } }).settings).toBeNull();
  });

  it.each([
    'hub.example.com',
    'ftp://hub.example.com',
    'https://me:secret@hub.example.com',
    'https://hub.example.com/?key=secret',
    'not an address',
  ])('is none at %j, and a message that does not repeat it', (address) => {
    const choice = chooseHub({ environment: { BUDGET_HUB_URL: address } });
    expect(choice).toMatchObject({ settings: null, isMistake: true });
    expect(JSON.stringify(choice)).not.toMatch(/secret/);
  });

  it('is never told a token over plain http, unless it is on this machine', () => {
    const plain = (host: string) => by({ BUDGET_HUB_URL: `http://${host}`, BUDGET_HUB_TOKEN: 'secret' });
    for (const host of ['localhost:8080', '127.0.0.1:8080', '[::1]:8080', 'hub.localhost'])
      expect(plain(host).settings?.token, host).toBe('secret');
    for (const host of ['hub.example.com', '127.0.0.1.example.com', 'localhost.example.com', '10.0.0.1', '0.0.0.0']) {
      expect(plain(host), host).toMatchObject({ settings: null, isMistake: true });
      expect(JSON.stringify(plain(host))).not.toContain('secret');
    }
    expect(by({ BUDGET_HUB_TOKEN: 'secret' }).settings?.token).toBe('secret');
  });

  it('has its mistakes told', () => {
    expect(by({ BUDGET_HUB_TRANSPORT: 'pigeon' })).toMatchObject({ isMistake: true });
    expect(by({ BUDGET_HUB_TOKEN: 'two words' })).toMatchObject({ isMistake: true });
    expect(on({ configuration: { arguments: { event: 'process.env' } } })).toMatchObject({ isMistake: true });
    expect(on({ configuration: { fault: 'config.yaml:3: this is no YAML' } })).toMatchObject({
      ...{ isMistake: true, reason: 'config.yaml:3: this is no YAML' },
    });
  });
});
