import { pino } from 'pino';

/** The server's own log. */
export type Logger = pino.Logger;

/**
 * A log on standard error: lines for people on a terminal, JSON otherwise. It writes at once, so that nothing is lost
 * when the process ends.
 */
export async function createLog(level: string): Promise<Logger> {
  // A reader that is gone (a closed terminal, a dead collector) is no reason to die.
  process.stderr.on('error', () => undefined);
  if (!process.stderr.isTTY) return pino({ level }, pino.destination({ fd: 2, sync: true }));
  const { default: pretty } = await import('pino-pretty');
  const stream = pretty({
    sync: true,
    destination: 2,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return pino({ level }, stream);
}
