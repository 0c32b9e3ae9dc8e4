// The metering proxy as the command line uses it, on a ledger in a file.
//
//   node serve-metering-proxy.mjs <url of the provider> <file of the ledger>
import { ledgerModule } from '../lib/built.mjs';
import { callsOn, meteredLedger } from '../lib/metering/metered-ledger.mjs';
import { answerParent } from '../lib/metering/serving.mjs';

const [providerUrl, file] = process.argv.slice(2);
const { createMeteringProxy } = await import(ledgerModule('meter'));
const { ledger, meter } = await meteredLedger(file);
const upstreams = { openai: { provider: 'openai', url: providerUrl } };
const proxy = await createMeteringProxy({ meter, upstreams, log: (line) => process.stderr.write(`${line}\n`) });

answerParent(proxy.url('openai'), {
  async calls() {
    await meter.idle();
    return await callsOn(ledger);
  },
});
