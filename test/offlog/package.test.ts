import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  access,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The package as it is published: built, packed, installed offline elsewhere, and run on each Node that is there. */

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
/** Built for as old a Node as this. */
const OLDEST = 20;

type Runtime = { path: string; version: string };

/** The Node that runs this test, and others on PATH that are not too old, one of each version. */
async function runtimes(): Promise<Runtime[]> {
  const folders = [dirname(process.execPath), ...(process.env.PATH ?? '').split(delimiter)];
  const found = new Map<string, Runtime>();
  for (const folder of folders) {
    const path = join(folder, 'node');
    const asked = await run(path, ['--version']).catch(() => undefined);
    const version = asked?.stdout.trim() ?? '';
    if (Number(version.slice(1).split('.')[0]) >= OLDEST && !found.has(version)) {
      found.set(version, { path, version });
    }
  }
  return [...found.values()];
}

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offlog-package-'));
  const dist = join(folder, 'dist');
  await run(process.execPath, [join(root, 'packages/offlog/scripts/build.ts'), dist]);
  await run('npm', ['pack', '--silent', dist], { cwd: folder });
  const packed = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? 'no package';
  await writeFile(join(folder, 'package.json'), '{"private": true, "type": "module"}');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, packed)], {
    cwd: folder,
  });
});
after(() => rm(folder, { recursive: true, force: true }));

/** An environment in which `node` is a certain one, and nothing of this workspace is found. */
async function environmentWith({ path, version }: Runtime): Promise<NodeJS.ProcessEnv> {
  const bin = join(folder, version);
  await mkdir(bin, { recursive: true });
  await symlink(path, join(bin, 'node'));
  const rest = (process.env.PATH ?? '').split(delimiter).filter((each) => !each.includes('node_modules'));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return { ...env, PATH: [bin, ...rest].join(delimiter) };
}

/** A command of the installed package, once its socket is there. */
async function startDaemon(command: string, env: NodeJS.ProcessEnv, name: string) {
  const socket = join(folder, `${name}.sock`);
  // Names are looked at all the time: whatever is under way at the end must not look as if it hung.
  const child = spawn(command, ['-s', socket, '-r', '1'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  const { pid } = child;
  assert.ok(pid !== undefined, `${command} cannot be started`);
  for (const deadline = performance.now() + 20_000; !existsSync(socket); await sleep(20)) {
    assert.ok(child.exitCode === null && performance.now() < deadline, `${command} did not start`);
  }
  return {
    pid,
    socket,
    async stop(): Promise<number> {
      child.kill('SIGTERM');
      const [code] = await ended;
      return code;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** What the shim gave to Node: its flags, and the variables that say how memory and threads are had. */
async function givenTo(pid: number): Promise<{ node: string; flags: string[]; variables: string[] }> {
  const read = async (name: string) => (await readFile(`/proc/${pid}/${name}`, 'utf8')).split('\0');
  const [, ...args] = await read('cmdline');
  return {
    node: await readlink(`/proc/${pid}/exe`),
    flags: args.filter((each) => /^--(max-semi|disable-sig)/.test(each)),
    variables: (await read('environ')).filter((each) => /^(UV_|MALLOC_)/.test(each)).toSorted(),
  };
}

/** Those flags that a Node knows. */
async function knownTo({ path }: Runtime, flags: readonly string[]): Promise<string[]> {
  const known: string[] = [];
  for (const flag of flags) {
    await run(path, [flag, '--version']).then(
      () => known.push(flag),
      () => undefined,
    );
  }
  return known;
}

const CLIENT = `
import { Logger, ProxyFile } from 'offlog';
const [sockPath, path] = process.argv.slice(2);
const file = await ProxyFile.open(path, { sockPath });
file.write('from ' + process.version + '\\n');
await file.close();
const log = await Logger.open('app', path, { sockPath, stdoutLevel: null });
log.info('number %d', 7);
process.exit();
`;

const TYPED = `
import { Logger, ProxyFile } from 'offlog';
const file: ProxyFile = await ProxyFile.open('/tmp/a.log', { timeout: 100, flush: 'write' });
file.write('x');
const log: Logger = await Logger.open('app', null, { stderrLevel: null });
log.info('%d', 1);
// @ts-expect-error: a level is a number
await Logger.open('app', null, { stderrLevel: 'none' });
`;

for (const runtime of await runtimes()) {
  test(`the installed package on Node ${runtime.version}: help, daemon and client`, async () => {
    const env = await environmentWith(runtime);
    const help = await run('npx', ['--no-install', 'offlog', '--help'], { cwd: folder, env });
    assert.match(help.stdout, /--socket-file/);
    await using daemon = await startDaemon(join(folder, 'node_modules/.bin/offlog'), env, runtime.version);
    const given = await givenTo(daemon.pid);
    assert.equal(
      given.node,
      await realpath(runtime.path),
      'the process is Node itself, so that signals reach it',
    );
    const path = join(folder, `${runtime.version}.log`);
    await writeFile(join(folder, 'client.js'), CLIENT);
    await run(join(folder, runtime.version, 'node'), ['client.js', daemon.socket, path], {
      cwd: folder,
      env,
    });
    assert.equal(await daemon.stop(), 0);
    assert.match(
      await readFile(path, 'utf8'),
      new RegExp(`^from ${runtime.version}\n\\[[-\\d:. ]+ app INFO\\] number 7\n$`),
    );

    await using own = await startDaemon(
      join(root, 'packages/offlog/bin/offlog'),
      env,
      `own-${runtime.version}`,
    );
    const due = await givenTo(own.pid);
    assert.ok(due.variables.length > 0 && due.flags.length > 0, 'the command of the workspace sets some');
    assert.deepEqual(given.variables, due.variables);
    assert.deepEqual(given.flags, await knownTo(runtime, due.flags));
  });
}

test('the installed package has types', async () => {
  await writeFile(join(folder, 'typed.ts'), TYPED);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext', '--types', 'node'];
  const typeRoots = ['--typeRoots', join(root, 'node_modules/@types')];
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [compiler, ...options, ...typeRoots, 'typed.ts'], { cwd: folder });
});

test('the package brings its documents, and no sources of tests', async () => {
  const installed = join(folder, 'node_modules/offlog');
  const names = await readdir(installed, { recursive: true });
  for (const file of ['LICENSE', 'README.md', 'docs/offlog.md', 'docs/offlog-protocol.md', 'src/mod.d.ts']) {
    assert.ok(names.includes(file), file);
  }
  assert.deepEqual(
    names.filter((name) => /\.test\.|testing|(?<!\.d)\.ts$/.test(name)),
    [],
  );
  for (const page of names.filter((name) => name.endsWith('.md'))) {
    const text = await readFile(join(installed, page), 'utf8');
    for (const [, link = ''] of text.matchAll(/\]\((?!#|https?:)([^)#]+)/g)) {
      await access(join(installed, dirname(page), link));
    }
  }
});
