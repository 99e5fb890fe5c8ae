import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/** What has data to send before the process ends. */
export type Draining = {
  /** Milliseconds that sending may take at the end. */
  timeout(): number;
  /** Hands over what the kernel takes now; true when nothing is left to hand over, or nothing more can be. */
  handOverNow(): boolean;
  /** The end has begun and no loop turns any more: from now on each write has to be handed over at once. */
  begins(): void;
  /** What the end leaves unsaid: an error nobody was told, a number of bytes. */
  complaint(): string | undefined;
};

/** Signals that end a program unless it says otherwise, and that leave it the time to send. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Marks the handlers of each copy of this library in a process, so that they do not take each other for the application's. */
const OURS = Symbol.for('offlog.signal-handler');

const open = new Set<Draining>();

/** Has a file sent at the end of the process; the handlers are installed with the first one and go with the last. */
export function drainAtExit(file: Draining): void {
  if (open.size === 0) install();
  open.add(file);
}

export function drainNoMore(file: Draining): void {
  if (open.delete(file) && open.size === 0) uninstall();
}

function install(): void {
  // Before the application's handlers: one that throws keeps the later ones from running, and one for `once` is no longer
  // seen when it has run. Worker threads get no signals.
  process.prependListener('exit', atExit);
  if (isMainThread) for (const signal of SIGNALS) process.prependListener(signal, onSignal);
}

function uninstall(): void {
  process.removeListener('exit', atExit);
  for (const signal of SIGNALS) process.removeListener(signal, onSignal);
}

const cell = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread: there is no other way to wait once the event loop has ended. */
function pause(ms: number): void {
  Atomics.wait(cell, 0, 0, ms);
}

/** Sends what all files have, each within its `timeout` from now on. */
export function drain(files: Iterable<Draining>): void {
  const start = performance.now();
  let waiting = [...files];
  for (;;) {
    const passed = performance.now() - start;
    waiting = waiting.filter((file) => !file.handOverNow() && passed < file.timeout());
    if (waiting.length === 0) return;
    pause(1);
  }
}

function atExit(): void {
  const files = [...open];
  drain(files);
  for (const file of files) {
    file.begins();
    const complaint = file.complaint();
    if (complaint !== undefined) complain(complaint);
  }
}

/** Says something on standard error, at once; a closed one is no reason to fail. */
export function complain(text: string): void {
  try {
    writeSync(2, `offlog: ${text}\n`);
  } catch {}
}

function onSignal(signal: NodeJS.Signals): void {
  const others = process.listeners(signal).filter((listener) => !(OURS in listener));
  if (others.length > handlersOfSignalExit()) {
    // The application handles it; should it end the process, atExit waits for what the kernel does not take now.
    for (const file of open) file.handOverNow();
    return;
  }
  atExit();
  for (const each of SIGNALS) process.removeListener(each, onSignal);
  // Otherwise the handler that comes after ours ends the process in the same way.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}
Object.defineProperty(onSignal, OURS, { value: true });

/**
 * The package signal-exit, which many programs have somewhere, does as we do: it ends the process when it sees no
 * handlers but its own. It is no application's handler; once ours is gone it finds itself alone. It keeps its count in a
 * global, for its own copies.
 */
function handlersOfSignalExit(): number {
  const shared = globalThis as { [key: symbol]: { count?: unknown } | undefined };
  const old = process as { __signal_exit_emitter__?: { count?: unknown } };
  return [shared[Symbol.for('signal-exit emitter')], old.__signal_exit_emitter__]
    .map((emitter) => (typeof emitter?.count === 'number' ? emitter.count : 0))
    .reduce((sum, count) => sum + count, 0);
}
