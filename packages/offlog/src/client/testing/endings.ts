import { cpSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { ProxyFile } from '../proxy-file.ts';
import { numbered } from './numbered.ts';

/**
 * Ways in which a program ends right after a burst of lines; each of the programs of the tests is one of them, run by
 * ending.ts.
 */

export type Scene = {
  file: ProxyFile;
  /** Writes lines from `start` up to before `end`. */
  write(start: number, end: number): void;
  lines: number;
};

const forever = (): void => void setInterval(() => {}, 1000);

/** Tells the test that the file is open, and waits for its sign. */
function told(): Promise<void> {
  const timer = setInterval(() => {}, 1000);
  return new Promise((resolve) => {
    process.once('SIGUSR2', () => {
      clearInterval(timer);
      resolve();
    });
    writeSync(1, 'ready');
  });
}

function signalled(signal: NodeJS.Signals) {
  return ({ write, lines }: Scene) => {
    write(0, lines);
    forever();
    process.kill(process.pid, signal);
  };
}

/** Handles signals as the package signal-exit does it: it ends the process when it sees no handlers but its own. */
function handleAsSignalExit(): void {
  const emitter = { count: 1 };
  Object.defineProperty(globalThis, Symbol.for('signal-exit emitter'), { value: emitter });
  const handler = () => {
    if (process.listeners('SIGTERM').length !== emitter.count) return;
    process.removeListener('SIGTERM', handler);
    process.kill(process.pid, 'SIGTERM');
  };
  process.on('SIGTERM', handler);
}

/** A second copy of this library, as two dependencies of an application may bring. */
async function secondCopy(folder: string): Promise<typeof ProxyFile> {
  const copy = join(folder, 'copy');
  cpSync(fileURLToPath(new URL('../..', import.meta.url)), copy, { recursive: true });
  writeFileSync(join(copy, 'package.json'), '{"type": "module"}');
  return (await import(join(copy, 'client/proxy-file.ts'))).ProxyFile;
}

/** What a worker writes; when it is ended from outside, how many lines the kernel had taken by then is told. */
function inWorker(end: 'ends' | 'exits' | 'is terminated' | 'sees the main thread exit' | 'throws') {
  return ({ lines }: Scene) => {
    const counter = new Int32Array(new SharedArrayBuffer(4));
    const [, , , sockPath, path] = process.argv;
    const worker = new Worker(new URL('worker.ts', import.meta.url), {
      workerData: { sockPath, path, lines, counter, end },
    });
    const tell = () => writeSync(1, String(Atomics.load(counter, 0)));
    if (end !== 'is terminated' && end !== 'sees the main thread exit') {
      worker.on('error', () => {});
      return;
    }
    const timer = setInterval(async () => {
      if (Atomics.load(counter, 0) < lines / 2) return;
      clearInterval(timer);
      if (end === 'is terminated') await worker.terminate();
      else process.once('exit', tell);
      if (end === 'is terminated') tell();
      else process.exit(3);
    }, 1);
  };
}

export const ENDINGS: Readonly<Record<string, (scene: Scene) => void | Promise<void>>> = {
  'process.exit': ({ write, lines }) => {
    write(0, lines);
    process.exit(3);
  },
  'an exception': ({ write, lines }) => {
    write(0, lines);
    setImmediate(() => {
      write(lines, lines + 10);
      throw new Error('of the test');
    });
  },
  'an unhandled rejection': ({ write, lines }) => {
    write(0, lines);
    Promise.reject(new Error('of the test'));
  },
  'the end of the program': ({ write, lines }) => write(0, lines),
  'a timer, then the end of the program': ({ write, lines }) => {
    setTimeout(() => write(0, lines), 50);
  },
  'endless microtasks, then process.exit': async ({ write, lines }) => {
    for (let index = 0; index < lines; index++) {
      await null;
      write(index, index + 1);
    }
    process.exit(3);
  },
  'lines written by an exit handler': ({ write, lines }) => {
    write(0, 10);
    process.on('exit', () => write(10, lines));
    process.exit(3);
  },
  'an exit handler that throws': ({ write, lines }) => {
    process.on('exit', () => {
      write(0, lines);
      throw new Error('of the test');
    });
    process.exit(3);
  },
  SIGTERM: signalled('SIGTERM'),
  SIGINT: signalled('SIGINT'),
  SIGHUP: signalled('SIGHUP'),
  'SIGTERM beside signal-exit': (scene) => {
    handleAsSignalExit();
    signalled('SIGTERM')(scene);
  },
  'SIGTERM with two copies of this library': async (scene) => {
    const [, , , sockPath, path = ''] = process.argv;
    const Copy = await secondCopy(dirname(path));
    const other = await Copy.open(`${path}.copy`, { sockPath });
    for (let index = 0; index < scene.lines; index++) other.write(numbered(index));
    signalled('SIGTERM')(scene);
  },
  'SIGTERM with a handler that exits': (scene) => {
    process.on('SIGTERM', () => {
      scene.write(scene.lines, scene.lines + 10);
      process.exit(4);
    });
    signalled('SIGTERM')(scene);
  },
  'SIGINT with a handler for once that exits later': (scene) => {
    process.once('SIGINT', () => {
      setTimeout(() => {
        scene.write(scene.lines, scene.lines + 10);
        process.exit(4);
      }, 50);
    });
    signalled('SIGINT')(scene);
  },
  'SIGTERM with a handler for once that was there before the file': async ({ file, lines }) => {
    const [, , , sockPath, path = ''] = process.argv;
    await file.close();
    process.once('SIGTERM', () => setTimeout(() => process.exit(4), 50));
    const later = await ProxyFile.open(path, { sockPath });
    for (let index = 0; index < lines; index++) later.write(numbered(index));
    forever();
    process.kill(process.pid, 'SIGTERM');
  },
  'SIGTERM a second time, after a handler for once': (scene) => {
    process.once('SIGTERM', () => {
      setTimeout(() => {
        scene.write(scene.lines, scene.lines + 10);
        process.kill(process.pid, 'SIGTERM');
      }, 50);
    });
    signalled('SIGTERM')(scene);
  },
  'a worker that ends': inWorker('ends'),
  'a worker that exits': inWorker('exits'),
  'a worker that throws': inWorker('throws'),
  'a worker that is terminated': inWorker('is terminated'),
  'a worker, at process.exit in the main thread': inWorker('sees the main thread exit'),
};

/** Endings beside a daemon that stands still or fails; those that begin with `wait` have a timeout of half a second. */
export const ENDINGS_IN_NEED: typeof ENDINGS = {
  'wait, then process.exit': async (scene) => {
    await told();
    ENDINGS['process.exit']?.(scene);
  },
  'wait, then SIGTERM': async (scene) => {
    await told();
    signalled('SIGTERM')(scene);
  },
  'wait, then the end of the program': async ({ write, lines }) => {
    await told();
    write(0, lines);
  },
  'an endless loop': ({ file, write }) => {
    const [, , , , path = '', , flush] = process.argv;
    const counter = openSync(`${path}.count`, 'w');
    for (let index = 0; ; index++) {
      write(index, index + 1);
      // A daemon that lags behind is not what is looked at here: it is waited for.
      if (file.waitingBytes > (flush === 'write' ? 0 : 72_900)) file.flushSync();
      writeSync(counter, String(index + 1), 0);
    }
  },
  'a pause, then process.exit': ({ write, lines }) => {
    write(0, lines);
    setImmediate(() => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      process.exit(3);
    });
  },
};
