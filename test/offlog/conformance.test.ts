import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningDaemon, startDaemon } from './daemon-process.ts';
import { Wire } from './wire.ts';

/** What offlog 0.1.0 answers, recorded; `departs` says where this daemon does otherwise on purpose. */
interface Step {
  readonly op: string;
  readonly args: readonly (string | number)[];
  readonly result?: unknown;
}

interface Scenario {
  readonly scenario: string;
  readonly steps: readonly Step[];
}

const { scenarios }: { scenarios: Scenario[] } = JSON.parse(
  readFileSync(new URL('./cases.json', import.meta.url), 'utf8'),
);

/** Recorded texts are bytes as latin1; one of them has escapes of Python besides. */
function bytesOf(text: string, folder: string): Buffer {
  // The one scenario that sends a path in pieces cuts the folder's name in two.
  if (text === '$TM') return Buffer.from(folder.slice(0, -1), 'latin1');
  if (text.startsWith('P/')) return Buffer.from(folder.slice(-1) + text.slice(1), 'latin1');
  const plain = text.replace(/\\x([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plain.replaceAll('$TMP', folder), 'latin1');
}

class Run {
  readonly #daemon: RunningDaemon;
  readonly #wires = new Map<string, Wire>();

  constructor(daemon: RunningDaemon) {
    this.#daemon = daemon;
  }

  async take({ op, args }: Step): Promise<unknown> {
    const [first = '', second = ''] = args;
    const text = String(first);
    const path = text.replaceAll('$TMP', this.#daemon.folder);
    switch (op) {
      case 'connect':
        this.#wires.set(text, await Wire.open(this.#daemon.socket));
        return undefined;
      case 'send':
        return this.#send(text, String(second));
      case 'recv':
        return (await this.#wire(text).receive()).replaceAll(this.#daemon.folder, '$TMP');
      case 'shutwr':
        this.#wire(text).end();
        return undefined;
      case 'close':
        this.#wire(text).close();
        return undefined;
      case 'sleep':
        await sleep(Number(first) * 1000);
        return undefined;
      case 'cat':
        await sleep(300);
        return readFileSync(path, 'latin1');
      case 'mode':
        return `0o${(statSync(path).mode & 0o777).toString(8)}`;
      case 'rename':
        renameSync(path, String(second).replaceAll('$TMP', this.#daemon.folder));
        await sleep(600);
        return undefined;
      case 'signal':
        this.#daemon.process.kill(text as NodeJS.Signals);
        return undefined;
      case 'wait':
        return (await this.#daemon.stop()).code;
      case 'exists':
        return existsSync(this.#daemon.socket);
      default:
        throw new Error(`there is no step ${op}`);
    }
  }

  async #send(name: string, text: string): Promise<string | undefined> {
    const code = await this.#wire(name).send(bytesOf(text, this.#daemon.folder));
    return code === 'EPIPE' ? "BrokenPipeError(32, 'Broken pipe')" : code;
  }

  #wire(name: string): Wire {
    const wire = this.#wires.get(name);
    if (wire === undefined) throw new Error(`there is no connection ${name}`);
    return wire;
  }
}

describe('the daemon answers as offlog 0.1.0 did', { concurrency: 3 }, () => {
  test('all recorded scenarios are here', () => assert.equal(scenarios.length, 20));
  for (const { scenario, steps } of scenarios) {
    test(scenario, async () => {
      await using daemon = await startDaemon({ args: ['-r', '200'] });
      await mkdir(join(daemon.folder, 'dir'));
      const run = new Run(daemon);
      for (const step of steps) {
        const found = await run.take(step);
        assert.equal(found, step.result ?? undefined, `${step.op} ${step.args.join(' ').slice(0, 100)}`);
      }
    });
  }
});
