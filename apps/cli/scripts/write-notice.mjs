// Writes dist/NOTICE.md: the licences of everything that the bundle holds, which their licences ask for.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const application = dirname(dirname(fileURLToPath(import.meta.url)));
const metafile = join(application, 'dist', 'metafile-esm.json');
const LAST_PACKAGE = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
// What the project layer bundles is in none of the inputs of this bundle.
const OF_INFOSPACE = resolve(application, '..', '..', 'packages', 'infospace', 'NOTICE.md');

// They say MIT in their manifests and carry no file. It is one project with Hono, by the same people.
const WITHOUT_FILE = { '@hono/zod-openapi': 'hono', '@hono/zod-validator': 'hono' };

const { inputs } = JSON.parse(readFileSync(metafile, 'utf8'));
const directories = new Set(Object.keys(inputs).flatMap((input) => LAST_PACKAGE.exec(input)?.[0] ?? []));
const notices = [...directories].map((directory) => noticeOf(resolve(application, directory))).sort();
const title = '# Works of others in this package\n\nThe bundle holds these packages, each under its own licence.';
writeFileSync(
  join(application, 'dist', 'NOTICE.md'),
  `${[title, ...notices, readFileSync(OF_INFOSPACE, 'utf8').trim()].join('\n\n')}\n`,
);
rmSync(metafile);

function noticeOf(directory) {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const file = licenceIn(WITHOUT_FILE[name] === undefined ? directory : directoryOf(WITHOUT_FILE[name]));
  if (file === null) throw new Error(`${name} has no licence to show.`);
  const text = readFileSync(file, 'utf8').trim();
  return `## ${name} ${version} (${license})\n\n${text}`;
}

function directoryOf(name) {
  return resolve(application, [...directories].find((directory) => directory.endsWith(`/node_modules/${name}`)) ?? '');
}

function licenceIn(directory) {
  const file = readdirSync(directory).find((each) => /^(?:licen[cs]e|copying)/i.test(each));
  return file === undefined || !existsSync(join(directory, file)) ? null : join(directory, file);
}
