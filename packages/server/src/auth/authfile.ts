import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Logger } from '../log.ts';
import { type Account, parseAuthfile } from './authfile-entries.ts';
import type { PasswordHash } from './password.ts';
import { ComputationQueue, PasswordCheck, type PasswordCheckOptions } from './password-check.ts';
import type { User, Users } from './users.ts';

/** How often the file is looked at, at most, in milliseconds. */
const LOOK_AGAIN = 1000;

/** What an unknown user's password costs where the file names nobody to take the cost from. */
const NOBODY: PasswordHash = { hashname: 'sha256', salt: '', iterations: 600_000, key: new Uint8Array(32) };

/** The users of an authfile, by name. Throws an Error that says what is wrong: with the file, or which entry. */
export function readAuthfile(path: string): ReadonlyMap<string, Account> {
  return parseAuthfile(readFileSync(path, 'utf8'));
}

/** One version of the file: everything in it changes together. */
interface Version {
  readonly accounts: ReadonlyMap<string, Account>;
  readonly check: PasswordCheck;
}

/** The accounts of CHRONOLOGER_AUTHFILE. The file is read again, when it is used, after it has changed. */
export class AuthfileUsers implements Users {
  readonly #path: string;
  readonly #log: Logger;
  readonly #options: PasswordCheckOptions;
  readonly #queue = new ComputationQueue();
  readonly #key = randomBytes(32);
  #version: Version;
  /** Of the file as it was last looked at, good or bad. */
  #stamp: string;
  #lookedAt: number;

  /** Throws an Error that says what is wrong with the file. */
  constructor(path: string, log: Logger, options: PasswordCheckOptions = {}) {
    this.#path = path;
    this.#log = log;
    this.#options = options;
    this.#stamp = this.#stampNow();
    this.#lookedAt = this.#now();
    this.#version = this.#read();
  }

  async verify(username: string, password: string): Promise<User | undefined> {
    const { accounts, check } = this.#current();
    const account = accounts.get(username);
    const right = await check.isRight(username, password, account?.hash ?? this.#decoy(username));
    return right ? account?.user : undefined;
  }

  find(username: string): User | undefined {
    return this.#current().accounts.get(username)?.user;
  }

  /** A bad new version is logged once, and the users stay as they were. */
  #current(): Version {
    if (this.#now() - this.#lookedAt < LOOK_AGAIN) return this.#version;
    this.#lookedAt = this.#now();
    const stamp = this.#stampNow();
    if (stamp === this.#stamp) return this.#version;
    this.#stamp = stamp;
    try {
      this.#version = this.#read();
      this.#log.info({ users: this.#version.accounts.size }, 'The authfile has changed and was read again');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.error({ reason }, 'The authfile has changed and cannot be used; the users stay as they were');
    }
    return this.#version;
  }

  #read(): Version {
    const accounts = readAuthfile(this.#path);
    return { accounts, check: new PasswordCheck(this.#queue, this.#options) };
  }

  /**
   * A hash that no password has, for an unknown user: it must take as long as a known one's. Users may differ in that, so
   * it costs what one of them does, the same one for the same name whenever it is asked.
   */
  #decoy(username: string): PasswordHash {
    const hashes = [...this.#version.accounts.values()].map(({ hash }) => hash);
    const choice = createHmac('sha256', this.#key).update(username).digest().readUInt32BE();
    const hash = hashes[choice % hashes.length] ?? NOBODY;
    return { ...hash, key: randomBytes(hash.key.length) };
  }

  /** Changes whenever the file does. */
  #stampNow(): string {
    try {
      const { ino, size, mtimeNs, ctimeNs } = statSync(this.#path, { bigint: true });
      return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
    } catch {
      return 'missing';
    }
  }

  #now(): number {
    return (this.#options.now ?? performance.now.bind(performance))();
  }
}
