import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * `npm run build -w offlog [-- FOLDER]`: writes the package as it is published into dist/, or FOLDER: JavaScript and types
 * for Node 20 and later, the command, the documents. `npm pack ./dist` makes the file to install.
 */

const home = fileURLToPath(new URL('..', import.meta.url));
const root = fileURLToPath(new URL('../../..', import.meta.url));
const target = process.argv[2] ?? `${home}dist`;

/** What goes along, at the place that links in the documents name. */
const ALONG = [
  'LICENSE',
  'docs/offlog.md',
  'docs/offlog-protocol.md',
  'deploy/offlog.service',
  'deploy/offlog.socket',
  'test/offlog/stranger.py',
];

function compile(): void {
  const compiler = `${root}node_modules/typescript/bin/tsc`;
  const args = [compiler, '-p', `${home}tsconfig.build.json`, '--outDir', `${target}/src`];
  execFileSync(process.execPath, args, { stdio: 'inherit' });
}

/** The fields of package.json that hold for what is published, and those that differ there. */
function manifest(): object {
  const { name, version, description, license, type } = JSON.parse(
    readFileSync(`${home}package.json`, 'utf8'),
  );
  return {
    name,
    version,
    description,
    keywords: ['log', 'logging', 'append', 'file', 'daemon', 'non-blocking', 'unix socket', 'offlog'],
    license,
    type,
    engines: { node: '>=20' },
    os: ['!win32'],
    bin: { offlog: 'bin/offlog' },
    exports: { '.': { types: './src/mod.d.ts', default: './src/mod.js' } },
  };
}

rmSync(target, { recursive: true, force: true });
mkdirSync(`${target}/bin`, { recursive: true });
compile();
writeFileSync(`${target}/package.json`, `${JSON.stringify(manifest(), null, 2)}\n`);
cpSync(`${home}scripts/offlog`, `${target}/bin/offlog`);
chmodSync(`${target}/bin/offlog`, 0o755);
const readme = readFileSync(`${home}README.md`, 'utf8');
writeFileSync(`${target}/README.md`, readme.replaceAll('](../../docs/', '](docs/'));
for (const file of ALONG) cpSync(root + file, `${target}/${file}`);
