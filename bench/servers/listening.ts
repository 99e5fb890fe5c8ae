import { readdir, readFile, readlink } from 'node:fs/promises';

/** The state LISTEN in /proc/net/tcp. */
const LISTENING = '0A';

/** The inodes of the sockets that listen on a TCP port of this machine. */
async function sockets(port: number): Promise<ReadonlySet<string>> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)));
  const listening = lines.filter(([, local, , state]) => local?.endsWith(suffix) && state === LISTENING);
  return new Set(listening.map((fields) => `socket:[${fields[9]}]`));
}

async function descriptors(pid: string): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
}

/** The process that listens on a TCP port of this machine; undefined where none may be seen. */
export async function processListening(port: number): Promise<number | undefined> {
  const wanted = await sockets(port);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    if ((await descriptors(pid)).some((target) => wanted.has(target))) return Number(pid);
  }
  return undefined;
}
