import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { Budget } from './budget.ts';
import { ClientConnection } from './client-connection.ts';
import { Coalescing } from './coalescing.ts';
import { DaemonLog, pathForLog } from './daemon-log.ts';
import { Files } from './files.ts';
import { descriptorLimit } from './limits.ts';
import { listenOn, listenOnDescriptor } from './listening.ts';
import { Refusals } from './refusals.ts';
import { notify, passedSocket } from './systemd.ts';

export interface DaemonOptions {
  readonly socketFile: string;
  /** The daemon's own log; standard output without it. */
  readonly logfile: string | undefined;
  /** How often names are looked at for rotation, in milliseconds. */
  readonly rotateCheckInterval: number;
  /** How often written files are synced to the disk, in milliseconds; never without it. */
  readonly fsync: number | undefined;
  /** Tell systemd. */
  readonly notify: boolean;
}

/** How often files are looked at that may be stuck, in milliseconds. */
const STUCK_CHECK = 250;

/** At the end: how often it is looked whether a client still sends, and when one that does is cut; milliseconds. */
const QUIET_CHECK = 10;
const CUT_AFTER = 1000;
/** How long what was sent may take to be written at the end, in milliseconds. */
const WRITE_TIME = 5000;

/** The daemon, from listening to its end. */
export class Daemon {
  readonly #options: DaemonOptions;
  readonly #clients = new Map<ClientConnection, number>();
  readonly #opened = new Set<ClientConnection>();
  readonly #budget = new Budget(() => this.#flow());
  readonly #coalescing = new Coalescing();
  readonly #files: Files;
  readonly #server: Server;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #limit = descriptorLimit();
  readonly #refusals = new Refusals();
  #log = new DaemonLog();
  #number = 0;
  #refused = 0;
  #errors = 0;
  #lost = 0;
  #ending: Promise<number> | undefined;
  #told: Promise<void> = Promise.resolve();

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.#files = new Files({
      budget: this.#budget,
      durable: options.fsync !== undefined,
      mayOpen: () => this.#clients.size + this.#files.descriptors < this.#limit,
      events: {
        onClosed: (path) => this.#log.info(`Closed ${pathForLog(path)}`),
        onReopened: (path) => this.#log.info(`Reopened ${pathForLog(path)}`),
        onLost: (path, error) => {
          const why = error instanceof Error ? error.message : String(error);
          this.#log.warn(`${pathForLog(path)} is gone and cannot be opened anew: ${why}`);
        },
      },
    });
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
      this.#accept(socket),
    );
  }

  /** Rejects with an Error when the log cannot be written or the socket not be had. */
  async start(): Promise<void> {
    const { logfile, socketFile, rotateCheckInterval, fsync } = this.#options;
    if (logfile !== undefined) this.#log = await DaemonLog.toFile(logfile, this.#files);
    const passed = passedSocket();
    if (passed === undefined) await listenOn(this.#server, socketFile);
    else await listenOnDescriptor(this.#server, passed);
    // A fault of accepting (no descriptor left, say) is the newcomer's alone.
    this.#server.on('error', (error) => this.#log.warn(`A client could not be accepted: ${error.message}`));
    this.#every(rotateCheckInterval, () => this.#files.check());
    this.#every(STUCK_CHECK, () => this.#files.lookForStuck());
    if (fsync !== undefined) this.#every(fsync, () => this.#files.sync());
    this.#log.info('This is offlog server');
    this.#log.info(`Listening on socket ${passed === undefined ? socketFile : `of descriptor ${passed}`}`);
    void this.#tell('READY=1');
  }

  /**
   * Ends the daemon: every client is told, what was sent is written, the socket goes. Resolves to the status to exit
   * with: 0, or 1 when something could not be written in time.
   */
  stop(): Promise<number> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  /** Calls to the system have not returned, and may never do: the process cannot end as usual. */
  get isStuck(): boolean {
    return this.#files.callsRunning > 0;
  }

  /** Says in the log what was done by now. */
  sayCounters(): void {
    const { rss } = process.memoryUsage();
    const waiting = this.#files.all.reduce((sum, file) => sum + file.waiting, 0);
    this.#log.info(
      `Counters: clients ${this.#clients.size} of ${this.#number}, refused ${this.#refused}, errors ${this.#errors}, ` +
        `lost ${this.#lost} bytes, files ${this.#files.all.length}, waiting ${waiting} bytes, memory ${Math.round(rss / 1e6)} MB`,
    );
    for (const { path, file } of this.#files.names) {
      const { bytes, writes } = file.counters;
      this.#log.info(
        `Counters of ${pathForLog(path)}: ${bytes} bytes in ${writes} writes, waiting ${file.waiting} bytes`,
      );
    }
  }

  #accept(socket: Socket): void {
    if (this.#ending !== undefined) {
      socket.end('OSError: offlog server exited\0');
      return;
    }
    if (this.#clients.size + this.#files.descriptors >= this.#limit) {
      this.#refused++;
      this.#log.warn(`Refused a client: ${this.#clients.size} clients and too many open files`);
      this.#refusals.refuse(socket);
      return;
    }
    const client: ClientConnection = new ClientConnection(socket, this.#files, {
      mayRead: () => this.#budget.isOpen,
      onRead: (bytes) => this.#coalescing.onRead(bytes),
      onOpened: () => {
        this.#opened.add(client);
        this.#log.info(`New client ${number} (total: ${this.#opened.size}) for ${pathForLog(client.path)}`);
      },
      onError: (message, lost) => {
        this.#errors++;
        this.#lost += lost;
        const loss = lost > 0 ? `; ${lost} bytes are lost` : '';
        this.#log.warn(`Client ${number} for ${pathForLog(client.path)}: ${message}${loss}`);
      },
      onGone: () => {
        this.#clients.delete(client);
        if (!this.#opened.delete(client)) return;
        this.#log.info(
          `Client ${number} done (remaining: ${this.#opened.size}) with ${pathForLog(client.path)}`,
        );
      },
    });
    const number = this.#number++;
    this.#clients.set(client, number);
  }

  #flow(): void {
    for (const client of this.#clients.keys()) client.flow();
  }

  #every(milliseconds: number, work: () => void): void {
    this.#timers.push(setInterval(work, milliseconds));
  }

  /** One after the other, however long the first takes. */
  #tell(state: string): Promise<void> {
    if (!this.#options.notify) return this.#told;
    this.#told = this.#told.then(async () => {
      const wrong = await notify(state);
      if (wrong !== undefined) this.#log.warn(wrong);
    });
    return this.#told;
  }

  async #end(): Promise<number> {
    this.#log.info('Received signal, shutting down');
    const told = this.#tell('STOPPING=1');
    // Which removes the socket, unless it was passed: later it might be the successor's.
    this.#server.close();
    const lostBefore = this.#lost;
    for (const client of this.#clients.keys()) client.announceExit();
    await this.#readToTheEnd();
    const unwritten = (await this.#writeToTheEnd()) + this.#lost - lostBefore;
    for (const timer of this.#timers) clearInterval(timer);
    await told;
    if (unwritten > 0) this.#log.say('ERROR', `${unwritten} bytes could not be written`);
    this.#log.info('Exit');
    // Also for calls that only have not returned yet, such as a look at a name: who is stuck ends less orderly.
    const isDone = () => this.#log.waiting === 0 && !this.isStuck;
    for (let waited = 0; !isDone() && waited < CUT_AFTER; waited += QUIET_CHECK) await sleep(QUIET_CHECK);
    return unwritten > 0 ? 1 : 0;
  }

  /** Each client is read until it sends no more, for a second at most. Node can shut down no reading side. */
  async #readToTheEnd(): Promise<void> {
    const started = performance.now();
    const received = new Map<ClientConnection, number>();
    while (this.#clients.size > 0 && performance.now() - started < CUT_AFTER) {
      await sleep(QUIET_CHECK);
      // Sockets are read between timers and this: of a daemon that was held up, data waits when the timer goes off.
      await turn();
      for (const client of this.#clients.keys()) {
        const before = received.get(client);
        received.set(client, client.received);
        if (before === client.received && !client.isHeldUp) client.cut();
      }
      if ([...this.#clients.keys()].every((client) => client.isCut)) return;
    }
    for (const client of this.#clients.keys()) client.cut();
  }

  /** Waits until all is written; returns how many bytes are not, for files that are stuck. */
  async #writeToTheEnd(): Promise<number> {
    const started = performance.now();
    const waiting = () => [...this.#clients.keys()].reduce((sum, client) => sum + client.waiting, 0);
    while (this.#clients.size > 0 && performance.now() - started < WRITE_TIME) {
      if (this.#options.fsync !== undefined) this.#files.sync();
      await sleep(QUIET_CHECK / 2);
    }
    return waiting();
  }
}
