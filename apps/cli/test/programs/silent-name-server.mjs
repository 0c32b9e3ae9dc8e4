// Loaded before the command: name servers are asked at a port of this machine where nobody answers.
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const { Resolver } = dns;
dns.Resolver = class extends Resolver {
  constructor(options) {
    super(options);
    this.setServers([process.env.BUDGET_TEST_NAME_SERVER]);
  }
};
syncBuiltinESMExports();
