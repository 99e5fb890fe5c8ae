import { pino } from 'pino';
import winston from 'winston';
import { ProxyFile } from '../../packages/offlog/src/mod.ts';

/** `node logger-program.ts LOGGER END SOCKET FILE LINES`: logs numbered lines, then ends in the way that is named. */
const [, , name = '', end = '', sockPath = '', path = '', lines = ''] = process.argv;
const file = await ProxyFile.open(path, { sockPath });

const forever = () => void setInterval(() => {}, 1000);

const ENDS: Readonly<Record<string, () => void>> = {
  'process.exit': () => process.exit(3),
  'an exception': () => {
    throw new Error('of the test');
  },
  SIGTERM: () => {
    forever();
    process.kill(process.pid, 'SIGTERM');
  },
  'the end of the program': () => {},
  'SIGKILL after a fatal line': () => process.kill(process.pid, 'SIGKILL'),
};

const LOGGERS: Readonly<Record<string, () => Promise<void>>> = {
  async pino() {
    const logger = pino({ base: null }, file);
    const last = Number(lines) - 1;
    for (let index = 0; index < last; index++) logger.info({ index }, 'a line');
    // pino calls flushSync after a fatal line; the other ends have to do without.
    logger[end.includes('fatal') ? 'fatal' : 'info']({ index: last }, 'the last');
  },
  async winston() {
    const logger = winston.createLogger({
      format: winston.format.json(),
      transports: [new winston.transports.Stream({ stream: file.writable() })],
    });
    for (let index = 0; index < Number(lines); index++) logger.info('a line', { index });
  },
};

await LOGGERS[name]?.();
ENDS[end]?.();
