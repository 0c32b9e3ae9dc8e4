import { missingChangesets } from './lib/missing-changesets.mjs';
import { rootDirectory } from './lib/root-directory.mjs';
import { runCheck } from './lib/run-check.mjs';

await runCheck(() => {
  const findings = missingChangesets(process.argv[2] ?? rootDirectory);
  for (const { hash, subject, missing } of findings) {
    process.stdout.write(`${hash.slice(0, 9)} "${subject}" has no changeset that names\n`);
    for (const { name, path } of missing) process.stdout.write(`    ${name}, which ships ${path}\n`);
  }
  process.stdout.write(
    findings.length === 0
      ? 'Every commit that changes a published package names it in a changeset.\n'
      : 'Run `npx changeset`, choose those packages, and put the file into the same commit: `git commit --amend` for ' +
          'the newest, `git rebase --interactive` for an older one.\n',
  );
  return findings.length === 0;
});
