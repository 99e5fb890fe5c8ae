import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CONTENT_TYPE, type Shape } from './bodies.ts';

const run = promisify(execFile);

export type Load = {
  port: number;
  /** Where to POST, as the server's kind has it. */
  path: string;
  authorization: string;
  folder: string;
  bodies: number;
  shape: Shape;
  connections: number;
  seconds: number;
};

/** What wrk saw: answered requests, the time they took, latencies in milliseconds. */
export type LoadFigures = { requests: number; seconds: number; p50: number; p99: number };

type Printed = {
  requests: number;
  microseconds: number;
  p50: number;
  p99: number;
  refused: number;
  broken: number;
};

/** wrk's version, or undefined where it is not installed. */
export async function wrkVersion(): Promise<string | undefined> {
  // wrk --version prints its version and its usage and ends with 1.
  const printed = await run('wrk', ['--version']).catch((error: { stdout?: string }) => error);
  return /^wrk (\S+)/m.exec(printed.stdout ?? '')?.[1];
}

/**
 * Loads a server with wrk, in C and on one thread: it shares the cores with the server, and any other sender takes
 * more of them. Fails when a request is refused or a connection breaks, as the figures would be of something else.
 */
export async function replay(load: Load): Promise<LoadFigures> {
  const { stdout } = await run('wrk', [
    '--threads=1',
    `--connections=${load.connections}`,
    `--duration=${load.seconds}s`,
    '--timeout=60s',
    '--script',
    new URL('replay.lua', import.meta.url).pathname,
    `http://127.0.0.1:${load.port}`,
    '--',
    load.folder,
    String(load.bodies),
    load.path,
    CONTENT_TYPE[load.shape.type],
    load.authorization,
  ]);
  const line = /^RESULT (.*)$/m.exec(stdout)?.[1];
  if (line === undefined) throw new Error(`wrk printed no result:\n${stdout}`);
  const printed = JSON.parse(line) as Printed;
  if (printed.refused + printed.broken > 0)
    throw new Error(`${printed.refused} requests were refused, ${printed.broken} broke`);
  return {
    requests: printed.requests,
    seconds: printed.microseconds / 1e6,
    p50: printed.p50 / 1000,
    p99: printed.p99 / 1000,
  };
}
