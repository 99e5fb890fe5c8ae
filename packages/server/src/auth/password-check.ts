import { createHmac, randomBytes } from 'node:crypto';
import { ApiError } from '../errors.ts';
import { isPassword, type PasswordHash } from './password.ts';

/** Computations at once: half of Node's thread pool, which compression needs too. */
const AT_ONCE = 2;
/** Computations that may wait; beyond, a client is told to come back (503). */
const MAX_WAITING = 100;

/** Lets few computations run at once, whoever asks for them; the others wait in order. */
export class ComputationQueue {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** Rejects with an ApiError (503) when too many wait already. */
  async run<T>(compute: () => Promise<T>): Promise<T> {
    if (this.#running < AT_ONCE) this.#running += 1;
    else {
      if (this.#waiting.length >= MAX_WAITING) throw new ApiError('busy');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    try {
      return await compute();
    } finally {
      // The place goes to the next one directly: nobody who comes in between can take it.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

/** Passed in so that tests need neither wait nor compute. */
export interface PasswordCheckOptions {
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
  readonly compute?: (password: string, hash: PasswordHash) => Promise<boolean>;
}

/** Credentials that were right and not used for so long have to be computed again, in milliseconds: 5 minutes. */
export const REMEMBERED = 300_000;
/** Right credentials that are remembered; the longest unused ones go first. */
export const MAX_REMEMBERED = 1000;

/**
 * Checks passwords against one version of the accounts, and remembers those that were right: a strong hash costs once,
 * not per request. What is remembered are digests under a key of its own, which tell nothing. When the accounts change,
 * a new check takes its place, and with this one goes what it remembers.
 */
export class PasswordCheck {
  readonly #queue: ComputationQueue;
  readonly #now: () => number;
  readonly #compute: (password: string, hash: PasswordHash) => Promise<boolean>;
  readonly #key = randomBytes(32);
  /** From digest to when it is forgotten; in order of use. */
  readonly #right = new Map<string, number>();
  readonly #running = new Map<string, Promise<boolean>>();

  constructor(
    queue: ComputationQueue,
    { now = () => performance.now(), compute = isPassword }: PasswordCheckOptions = {},
  ) {
    this.#queue = queue;
    this.#now = now;
    this.#compute = compute;
  }

  /** Whether it is the user's password. Rejects with an ApiError (503) when too many computations wait. */
  async isRight(username: string, password: string, hash: PasswordHash): Promise<boolean> {
    const digest = this.#digest(username, password);
    if (this.#isRemembered(digest)) return true;
    const running = this.#running.get(digest);
    if (running !== undefined) return await running;
    const started = this.#queue.run(() => this.#compute(password, hash));
    this.#running.set(digest, started);
    try {
      const right = await started;
      if (right) this.#remember(digest);
      return right;
    } finally {
      this.#running.delete(digest);
    }
  }

  #isRemembered(digest: string): boolean {
    const until = this.#right.get(digest);
    if (until === undefined) return false;
    if (until > this.#now()) {
      this.#remember(digest);
      return true;
    }
    this.#right.delete(digest);
    return false;
  }

  #remember(digest: string): void {
    this.#right.delete(digest);
    this.#right.set(digest, this.#now() + REMEMBERED);
    const [oldest] = this.#right.keys();
    if (this.#right.size > MAX_REMEMBERED && oldest !== undefined) this.#right.delete(oldest);
  }

  #digest(username: string, password: string): string {
    // The length keeps ("a", "bc") and ("ab", "c") apart.
    const text = `${username.length} ${username}${password}`;
    return createHmac('sha256', this.#key).update(text).digest('base64');
  }
}
