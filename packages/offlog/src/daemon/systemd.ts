import { execFile } from 'node:child_process';

/** The first descriptor that systemd passes on (sd_listen_fds(3)). */
const FIRST_DESCRIPTOR = 3;

/** How long systemd-notify may take, in milliseconds. */
const NOTIFY_TIME = 5000;

/**
 * Tells systemd the state of the service. Node has no datagram sockets of Unix, so a child says it: the unit needs
 * NotifyAccess=all. Resolves to what went wrong, if something did.
 */
export function notify(state: string): Promise<string | undefined> {
  if (process.env.NOTIFY_SOCKET === undefined) {
    return Promise.resolve('systemd cannot be told: NOTIFY_SOCKET is not set');
  }
  return new Promise((resolve) => {
    execFile('systemd-notify', [state], { timeout: NOTIFY_TIME }, (error) => {
      resolve(error ? `systemd cannot be told: ${error.message.trim()}` : undefined);
    });
  });
}

/** The listening socket that systemd passed to this process, if it did. Throws when it passed several. */
export function passedSocket(): number | undefined {
  const { LISTEN_PID, LISTEN_FDS } = process.env;
  if (LISTEN_FDS === undefined || Number(LISTEN_PID) !== process.pid) return undefined;
  // A child must not take it for its own.
  delete process.env.LISTEN_PID;
  delete process.env.LISTEN_FDS;
  if (LISTEN_FDS !== '1') throw new Error(`systemd passed ${LISTEN_FDS} sockets, not one`);
  return FIRST_DESCRIPTOR;
}
