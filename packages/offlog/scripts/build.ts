import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/**
 * The command, made from that of the workspace: the same variables and flags, on the Node that is on PATH. It is a shell
 * script as well: variables and flags have to be there before Node starts, and only exec leaves one process, whose id and
 * signals are the daemon's. (A script for `env node` would have to keep a second Node running beside it: Node 20 has no exec.)
 */
function shim(own: string): string {
  const variables = [...own.matchAll(/^ *(export (?:UV|MALLOC)_.*)$/gm)].map(([, line]) => line);
  const flags = /^ *exec "[^"]+" (--.*?) "\$here/m.exec(own)?.[1]?.split(' ');
  if (flags === undefined || variables.length === 0) throw new Error('bin/offlog is not as it was');
  return `#!/bin/sh
# Runs the command on the Node that is on PATH. A shell script and not JavaScript: it is replaced by the daemon (exec), so
# that signals and the process id are the daemon's own.
here=$(dirname "$(readlink -f "$0")")
${variables.join('\n')}
# Each flag that this Node knows.
flags=
for flag in ${flags.join(' ')}; do
  if node "$flag" --version >/dev/null 2>&1; then flags="$flags $flag"; fi
done
exec node $flags "$here/../src/main.js" "$@"
`;
}

rmSync(target, { recursive: true, force: true });
mkdirSync(`${target}/bin`, { recursive: true });
compile();
writeFileSync(`${target}/package.json`, `${JSON.stringify(manifest(), null, 2)}\n`);
writeFileSync(`${target}/bin/offlog`, shim(readFileSync(`${home}bin/offlog`, 'utf8')), { mode: 0o755 });
const readme = readFileSync(`${home}README.md`, 'utf8');
writeFileSync(`${target}/README.md`, readme.replaceAll('](../../docs/', '](docs/'));
for (const file of ALONG) cpSync(root + file, `${target}/${file}`);
