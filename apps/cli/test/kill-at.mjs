// Preloaded into a command to kill it at one moment: just before a file whose name ends in KILL_BEFORE is put in place.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const rename = fs.renameSync;
fs.renameSync = (from, to) => {
  if (String(to).endsWith(process.env['KILL_BEFORE'])) process.kill(process.pid, 'SIGKILL');
  rename(from, to);
};
syncBuiltinESMExports();
