/**
 * A reading worker that can be killed: clients' own SQL runs in a process, because a statement of node:sqlite can be
 * neither interrupted nor left by terminate() or process.exit().
 */
import { Worker } from 'node:worker_threads';
import { openEngine } from '../store/engines.ts';
import type { ReadJob } from './messages.ts';
import { doJob } from './read-job.ts';

const [dsn, server] = process.argv.slice(2);
if (dsn === undefined || server === undefined || process.send === undefined)
  throw new Error('this module is a child process');
const reader = await openEngine(dsn).openReader();

// A server that was killed tells nobody, and a statement that runs hears nobody: a thread beside it looks.
// The server may be gone by now: so its process id is told and not asked for.
const watch = `setInterval(() => {
  if (process.ppid !== ${Number(server)}) process.kill(process.pid, 'SIGKILL');
}, 1000)`;
new Worker(watch, { eval: true }).unref();

// A terminal's Ctrl+C reaches the whole group: the server decides when its children end.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', async (job: ReadJob) => {
  process.send?.(await doJob(reader, job));
});
