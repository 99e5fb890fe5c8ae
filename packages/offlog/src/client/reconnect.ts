import { readFileSync } from 'node:fs';
import { Connection } from './connection.ts';
import { saysThatDaemonStops } from './errors.ts';
import type { Settings } from './options.ts';

/** Milliseconds between attempts to connect: from the first to the last, doubling. */
const FIRST_MS = 100;
const LAST_MS = 5000;

/** What a daemon may hold in memory for a client, bytes. */
const DAEMON_HOLDS = 1024 * 1024;

/** Where the kernel tells the size of a socket's buffer, and its size where it does not. */
const BUFFER_SIZE_FILE = '/proc/sys/net/core/wmem_default';
const BUFFER_SIZE = 212_992;

/** Linux adds one more packet to a socket's buffer as long as it is not full, bytes. */
const LAST_PACKET = 64 * 1024;

/**
 * How many of the bytes that a broken connection had handed over may not be in the file.
 *
 * A daemon that said that it stops writes what was sent before it closes, so an orderly end means none. Otherwise at most
 * what fits between `write` and the file: the socket's buffer, and what the daemon holds. Waits for the end of the
 * connection at most `timeout` milliseconds.
 */
export async function underWay(
  connection: Connection,
  timeout: number,
  keepsRunning: () => boolean,
): Promise<number> {
  const deadline = performance.now() + timeout;
  while (!connection.over && performance.now() < deadline) await sleep(10, keepsRunning());
  const { error, over, reset, sent } = connection;
  if (over && !reset && error !== undefined && saysThatDaemonStops(error)) return 0;
  return Math.min(sent, socketBuffer() + LAST_PACKET + DAEMON_HOLDS);
}

function socketBuffer(): number {
  try {
    return Number(readFileSync(BUFFER_SIZE_FILE, 'latin1')) || BUFFER_SIZE;
  } catch {
    return BUFFER_SIZE;
  }
}

/**
 * Opens the same file over a new connection, trying until it succeeds: whatever the daemon or its absence says may be
 * over in a moment. Undefined once `given` says that the file was given up.
 *
 * @param until.keepsRunning whether waiting for the next attempt keeps the program running
 */
export async function reopen(
  { sockPath, timeout }: Settings,
  path: Uint8Array,
  until: { given(): boolean; keepsRunning(): boolean },
): Promise<Connection | undefined> {
  for (let wait = FIRST_MS; !until.given(); wait = Math.min(LAST_MS, wait * 2)) {
    const connection = await Connection.open(sockPath, path, timeout).catch(() => undefined);
    if (connection !== undefined) {
      if (!until.given()) return connection;
      connection.destroy();
      return undefined;
    }
    await waiting(wait, until.keepsRunning);
  }
  return undefined;
}

/** Waits in small steps, so that what keeps the program running now may let it go before the wait is over. */
async function waiting(ms: number, keepsRunning: () => boolean): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; ) {
    await sleep(Math.min(FIRST_MS, end - performance.now()), keepsRunning());
  }
}

function sleep(ms: number, keepsRunning: boolean): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    if (!keepsRunning) timer.unref();
  });
}
