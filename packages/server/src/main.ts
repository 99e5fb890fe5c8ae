import { createLog } from './log.ts';
import { serve } from './serve.ts';
import { readSettings } from './settings.ts';

const environment = process.argv.includes('production') ? 'production' : 'development';
const settings = readSettings({ environment, env: process.env });
const log = await createLog(settings.logLevel);
const server = await serve(settings, {
  migrate: process.argv.includes('-m'),
  log,
  afterBind: () => undefined,
  onDeath: (error) => {
    log.fatal(error);
    process.exit(1);
  },
});
log.info({ address: server.address, store: server.store, environment }, 'ready');
process.on('SIGTERM', async () => {
  await server.close();
  process.exit(0);
});
