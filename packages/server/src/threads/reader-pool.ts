import { StoreError } from '../store/store-error.ts';
import type { Channel, Spawn } from './channels.ts';
import type { ReadJob, ReadReply, ReadResults } from './messages.ts';

/** Jobs that may wait; beyond, a client is told to come back. */
const MAX_WAITING = 1000;
/** After so long without a job a worker ends, in milliseconds. */
const IDLE = 30_000;

interface Task {
  readonly job: ReadJob;
  readonly resolve: (reply: ReadReply) => void;
}

interface Member {
  readonly channel: Channel;
  task: Task | undefined;
  idle: NodeJS.Timeout | undefined;
}

/** Reading workers, made when they are needed, up to `size`. */
export class ReaderPool {
  readonly #spawn: Spawn;
  readonly #size: number;
  readonly #warn: (message: string) => void;
  readonly #members = new Set<Member>();
  readonly #waiting: Task[] = [];
  #closed = false;

  /** `warn` is told what workers have for the log. */
  constructor(spawn: Spawn, size: number, warn: (message: string) => void = () => undefined) {
    this.#spawn = spawn;
    this.#size = size;
    this.#warn = warn;
  }

  /**
   * Does a job on the next free worker. Rejects with a StoreError; `signal` gives a job up: one that waits is forgotten,
   * and the worker of one that runs is killed where it can be, and otherwise free again when it is through.
   */
  async run<J extends ReadJob>(job: J, signal: AbortSignal): Promise<ReadResults[J['kind']]> {
    if (this.#closed || this.#waiting.length >= MAX_WAITING)
      throw new StoreError('busy', 'Too much is waiting');
    signal.throwIfAborted();
    const reply = await new Promise<ReadReply>((resolve, reject) => {
      const onAbort = () => {
        // First: the end of the worker that does it would otherwise be the reason.
        reject(signal.reason);
        this.#giveUp(task);
      };
      const task: Task = {
        job,
        // A listener left behind would keep each page of a long stream in memory until its end.
        resolve: (found) => {
          signal.removeEventListener('abort', onAbort);
          resolve(found);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(task);
      this.#assign();
    });
    if ('result' in reply) return reply.result as ReadResults[J['kind']];
    if (reply.fault === 'bug') throw new Error(reply.detail);
    throw new StoreError(reply.fault, reply.message, { cause: new Error(reply.detail) });
  }

  /** Ends all workers, whatever they do; what waits is answered with a StoreError. */
  close(): void {
    this.#closed = true;
    for (const member of this.#members) this.#remove(member, 'The server is shutting down');
    for (const { resolve } of this.#waiting.splice(0)) resolve(gone('The server is shutting down'));
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const member = this.#free();
      if (member === undefined) return;
      member.task = this.#waiting.shift();
      clearTimeout(member.idle);
      if (member.task !== undefined) member.channel.send(member.task.job);
    }
  }

  #free(): Member | undefined {
    for (const member of this.#members) if (member.task === undefined) return member;
    return this.#members.size < this.#size ? this.#add() : undefined;
  }

  #add(): Member {
    const member: Member = {
      channel: this.#spawn(
        (reply) => this.#done(member, reply),
        (reason) => {
          this.#remove(member, reason);
          if (!this.#closed) this.#assign();
        },
      ),
      task: undefined,
      idle: undefined,
    };
    this.#members.add(member);
    return member;
  }

  #done(member: Member, reply: ReadReply): void {
    for (const warning of reply.warnings ?? []) this.#warn(warning);
    member.task?.resolve(reply);
    member.task = undefined;
    member.idle = setTimeout(() => this.#remove(member, 'idle'), IDLE).unref();
    this.#assign();
  }

  #giveUp(task: Task): void {
    const index = this.#waiting.indexOf(task);
    if (index !== -1) this.#waiting.splice(index, 1);
    for (const member of this.#members) {
      if (member.task !== task) continue;
      if (!member.channel.killable) {
        member.channel.cancel?.();
        continue;
      }
      this.#remove(member, 'given up');
      this.#assign();
    }
  }

  #remove(member: Member, reason: string): void {
    if (!this.#members.delete(member)) return;
    clearTimeout(member.idle);
    member.channel.kill();
    member.task?.resolve(gone(reason));
  }
}

function gone(reason: string): ReadReply {
  return { fault: 'unavailable', message: 'A reading worker ended', detail: reason };
}
