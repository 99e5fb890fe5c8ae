/** A call that takes longer than this, in milliseconds, may never return. */
const STUCK = 1000;

/** As many calls that may never return do not count against their queue: each takes a thread of the pool for ever. */
const MOST_STUCK = 48;

type Task = (done: () => void) => void;

interface Call {
  readonly since: number;
  /** It does not count against its queue any more. */
  stuck: boolean;
}

interface Queue {
  readonly running: Set<Call>;
  readonly waiting: Task[];
}

/**
 * Lets few calls to the system run at once for each file system. A call on one that is dead never returns, and the thread
 * it is on is lost to all others: a crowd of them would take every thread.
 */
export class CallQueues {
  readonly #atOnce: number;
  readonly #forgiving: boolean;
  readonly #queues = new Map<string, Queue>();
  #stuck = 0;

  /**
   * `forgiving`: a bounded number of calls that are stuck lets others of their queue go on, for where the key is only a
   * guess at the file system.
   */
  constructor(options: { atOnce: number; forgiving: boolean }) {
    this.#atOnce = options.atOnce;
    this.#forgiving = options.forgiving;
  }

  /** Calls that have not returned. */
  get running(): number {
    let sum = 0;
    for (const { running } of this.#queues.values()) sum += running.size;
    return sum;
  }

  /** Runs a task now or when its turn comes; it calls back when it is done. */
  run(key: string, task: Task): void {
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      queue = { running: new Set(), waiting: [] };
      this.#queues.set(key, queue);
    }
    queue.waiting.push(task);
    this.#next(key, queue);
  }

  /** A call under this key has not returned for long. */
  isStuck(key: string): boolean {
    const [oldest] = this.#queues.get(key)?.running ?? [];
    return oldest !== undefined && performance.now() - oldest.since > STUCK;
  }

  /** To be called now and then. */
  lookForStuck(now: number): void {
    if (!this.#forgiving) return;
    for (const [key, queue] of this.#queues) {
      for (const call of queue.running) {
        if (call.stuck || now - call.since < STUCK || this.#stuck >= MOST_STUCK) continue;
        call.stuck = true;
        this.#stuck++;
      }
      this.#next(key, queue);
    }
  }

  #next(key: string, queue: Queue): void {
    while (queue.waiting.length > 0 && this.#counted(queue) < this.#atOnce) this.#start(key, queue);
    if (queue.running.size === 0) this.#queues.delete(key);
  }

  #counted({ running }: Queue): number {
    if (this.#stuck === 0) return running.size;
    let count = 0;
    for (const { stuck } of running) if (!stuck) count++;
    return count;
  }

  #start(key: string, queue: Queue): void {
    const task = queue.waiting.shift();
    const call: Call = { since: performance.now(), stuck: false };
    queue.running.add(call);
    task?.(() => {
      queue.running.delete(call);
      if (call.stuck) this.#stuck--;
      this.#next(key, queue);
    });
  }
}
