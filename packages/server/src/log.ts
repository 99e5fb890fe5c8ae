import { pino } from 'pino';

/** The server's own log. */
export type Logger = pino.Logger;

/**
 * A log on standard error: lines for people on a terminal, JSON otherwise. It writes at once, so that nothing is lost
 * when the process ends. A reader that is gone, or a full disk behind it, is no reason to die.
 */
export async function createLog(level: string): Promise<Logger> {
  const options = { level, timestamp: pino.stdTimeFunctions.isoTime };
  if (!process.stderr.isTTY) {
    const lines = pino.destination({ fd: process.stderr.fd, sync: true });
    lines.on('error', () => undefined);
    return pino(options, lines);
  }
  // Loaded only on a terminal: it takes time that a start has not got.
  const { default: pretty } = await import('pino-pretty');
  const lines = pretty({
    sync: true,
    destination: process.stderr.fd,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
  });
  lines.on('error', () => undefined);
  return pino(options, lines);
}
