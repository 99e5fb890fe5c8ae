import { DEBUG, INFO, Logger } from '../../mod.ts';

/** `node log.ts LEVELS`: logs a line of each level to standard output and error, with the levels given as JSON. */
const log = await Logger.open('app', null, JSON.parse(process.argv[2] ?? '{}'));
log.debug('debug');
log.info('info %d', 1);
log.warning('warning');
log.error('error');
log.critical('critical');
log.log(INFO + 5, 'between');
log.child('part').log(DEBUG, 'child');
log.child('part').info('child');
console.group();
log.info('%s', 'not moved to the right by the application');
process.on('exit', () => log.info('at the exit'));
await log.close();
