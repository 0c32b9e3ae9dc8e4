import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterThisTest, temporaryDirectory } from '@budget/test-tools/vitest';
import { describe, expect, it } from 'vitest';
import type { ThresholdCrossing } from './threshold-crossing.js';
import { commandOnThreshold, webhookOnThreshold } from './threshold-hooks.js';

const crossing: ThresholdCrossing = {
  ...{ scope: 'org', unit: 'nanoUsd', window: { every: 'day', timeZone: 'Europe/Paris' }, percent: 75 },
  ...{ severity: 'warning', limit: 2n ** 53n + 1n, used: 4000n, resetsAtMs: Date.parse('2026-03-02T00:00:00Z') },
};
const fields = {
  ...{ scope: 'org', unit: 'nano_usd', window: { every: 'day', time_zone: 'Europe/Paris' }, percent: 75 },
  ...{ severity: 'warning', limit: '9007199254740993', used: 4000, resets_at: '2026-03-02T00:00:00.000Z' },
};

function isAlive(pid: number): boolean {
  try {
    // One that was killed and that nobody has waited for is there in name only.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a command that is run on a threshold', { timeout: 20_000 }, () => {
  const node = (program: string, ...parameters: string[]) =>
    [process.execPath, '-e', program, ...parameters] as [string, ...string[]];

  it('gets the crossing as one line of JSON on its standard input', async () => {
    const file = join(temporaryDirectory(), 'told');
    const program = `require('fs').writeFileSync(process.argv[1], require('fs').readFileSync(0))`;
    await commandOnThreshold(node(program, file))(crossing);
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^[^\n]*\n$/);
    expect(JSON.parse(text)).toEqual(fields);
    await commandOnThreshold(node(program, file))({ ...crossing, window: null, unit: 'calls', resetsAtMs: null });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ ...fields, window: null, unit: 'calls', resets_at: null });
  });

  it('may end without reading', async () => {
    await commandOnThreshold(node('process.exit(0)'))({ ...crossing, scope: 'x'.repeat(200_000) });
  });

  it('is reported when it fails, is missing, or hangs', async () => {
    await expect(commandOnThreshold(node('process.exit(3)'))(crossing)).rejects.toThrow(
      `${process.execPath} ended with 3`,
    );
    await expect(commandOnThreshold(['/does/not/exist'])(crossing)).rejects.toMatchObject({ code: 'ENOENT' });
    const startedAtMs = performance.now();
    const hanging = commandOnThreshold(node('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'), {
      timeoutMs: 300,
    });
    await expect(hanging(crossing)).rejects.toThrow(`${process.execPath} ended with SIGKILL`);
    expect(performance.now() - startedAtMs).toBeLessThan(5000);
  });

  it('is ended with all that it started, as a shell that is killed leaves its children', async () => {
    const file = join(temporaryDirectory(), 'child');
    const started = `require('child_process').spawn('sleep', ['60'], { stdio: 'ignore' }).pid`;
    const program = `require('fs').writeFileSync(process.argv[1], String(${started})); setInterval(() => {}, 1000)`;
    await expect(commandOnThreshold(node(program, file), { timeoutMs: 1000 })(crossing)).rejects.toThrow(/SIGKILL/);
    const child = Number(readFileSync(file, 'utf8'));
    expect(child).toBeGreaterThan(0);
    await expect.poll(() => isAlive(child)).toBe(false);
  });

  it.each([0, -1, Number.NaN, 5n, '5'])('has time, which %s is not', (timeoutMs) => {
    const options = { timeoutMs: timeoutMs as never };
    const refusal = expect.objectContaining({ code: 'option_invalid', kind: 'usage' });
    expect(() => commandOnThreshold(['true'], options)).toThrow(refusal);
    expect(() => webhookOnThreshold('https://example.com', options)).toThrow(refusal);
  });

  it('is not read by a shell', async () => {
    const file = join(temporaryDirectory(), 'told');
    const program = `require('fs').writeFileSync(process.argv[1], process.argv[2])`;
    await commandOnThreshold(node(program, file, '$(echo no); `no`'))(crossing);
    expect(readFileSync(file, 'utf8')).toBe('$(echo no); `no`');
  });
});

describe('a webhook that is called on a threshold', { timeout: 20_000 }, () => {
  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    afterThisTest(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('gets the crossing as JSON', async () => {
    const requests: unknown[] = [];
    const url = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method, url: path, headers } = request;
      requests.push({
        method,
        path,
        type: headers['content-type'],
        body: JSON.parse(Buffer.concat(chunks).toString()),
      });
      response.writeHead(204).end();
    });
    await webhookOnThreshold(`${url}/hooks?key=1`)(crossing);
    expect(requests).toEqual([{ method: 'POST', path: '/hooks?key=1', type: 'application/json', body: fields }]);
  });

  it('is reported when it answers otherwise, and a redirect is not followed', async () => {
    const paths: string[] = [];
    const url = await serve((request, response) => {
      paths.push(request.url ?? '');
      if (request.url === '/moved') response.writeHead(307, { location: '/elsewhere' }).end();
      else response.writeHead(Number(request.url?.slice(1))).end('x'.repeat(100_000));
    });
    await webhookOnThreshold(`${url}/200`)(crossing);
    await expect(webhookOnThreshold(`${url}/500`)(crossing)).rejects.toThrow(`${url} answered 500`);
    await expect(webhookOnThreshold(`${url}/404`)(crossing)).rejects.toThrow(`${url} answered 404`);
    await expect(webhookOnThreshold(`${url}/moved`)(crossing)).rejects.toThrow(/answered 307/);
    expect(paths).toEqual(['/200', '/500', '/404', '/moved']);
  });

  it.each(['https://me:secret@example.com/secret', 'https://secret@example.com', 'file:///secret', 'secret'])(
    'at %s is refused before anything is crossed, without telling the secret',
    (url) => {
      const refused = expect.objectContaining({ code: 'option_invalid', message: expect.not.stringMatching(/secret/) });
      expect(() => webhookOnThreshold(url)).toThrow(refused);
    },
  );

  it('does not tell what its address keeps secret', async () => {
    const url = await serve((_request, response) => response.writeHead(500).end());
    await expect(webhookOnThreshold(`${url}/services/secret?key=secret`)(crossing)).rejects.not.toThrow(/secret/);
  });

  it('is reported when nobody answers, or too late', async () => {
    const url = await serve(() => {});
    const startedAtMs = performance.now();
    await expect(webhookOnThreshold(url, { timeoutMs: 200 })(crossing)).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - startedAtMs).toBeLessThan(5000);
    await expect(webhookOnThreshold('http://127.0.0.1:1')(crossing)).rejects.toThrow(/fetch failed|bad port/);
  });
});
