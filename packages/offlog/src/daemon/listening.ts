import { existsSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { isSystemError } from '../python-error.ts';

/** Connections that wait to be accepted: as many as the kernel allows. A client that must not wait fails beyond. */
const BACKLOG = 65_535;

/**
 * Listens on a path. A socket that nobody listens on any more is replaced; one that is alive, and whatever is no socket,
 * is left alone. Rejects with an Error that says why.
 */
export async function listenOn(server: Server, path: string): Promise<void> {
  try {
    await listen(server, { path });
    return;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    // libuv says EACCES of a folder that is not there, too.
    if (error.code === 'EACCES' && !existsSync(dirname(path)))
      throw new Error(`${dirname(path)} is not there`);
    if (error.code !== 'EADDRINUSE') throw error;
  }
  if (!lstatSync(path).isSocket()) throw new Error(`${path} is there and is no socket`);
  if (await isAlive(path)) throw new Error(`another daemon listens on ${path}`);
  unlinkSync(path);
  await listen(server, { path });
}

/** Listens on a descriptor that was passed to this process. */
export function listenOnDescriptor(server: Server, fd: number): Promise<void> {
  return listen(server, { fd });
}

function listen(server: Server, where: { path: string } | { fd: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...where, backlog: BACKLOG }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // Only a refusal tells that nobody is there; one that may not be asked is somebody's.
    socket.once('error', (error) => resolve(!(isSystemError(error) && error.code === 'ECONNREFUSED')));
  });
}
