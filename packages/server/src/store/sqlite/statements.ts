import { DatabaseSync, StatementSync } from 'node:sqlite';

/** Runs `before` ahead of each statement of every connection of this process, until it is disposed. */
export function beforeEachStatement(before: () => void): Disposable {
  const undo = [
    watch(DatabaseSync.prototype, 'exec', before),
    watch(StatementSync.prototype, 'run', before),
    watch(StatementSync.prototype, 'get', before),
    watch(StatementSync.prototype, 'all', before),
    watch(StatementSync.prototype, 'iterate', before),
  ];
  return {
    [Symbol.dispose]() {
      for (const each of undo) each();
    },
  };
}

function watch<T extends object>(prototype: T, method: keyof T & string, before: () => void): () => void {
  const original = prototype[method];
  if (typeof original !== 'function') throw new Error(`there is no method ${method}`);
  Object.defineProperty(prototype, method, {
    configurable: true,
    writable: true,
    value(this: T, ...values: unknown[]): unknown {
      before();
      return Reflect.apply(original, this, values);
    },
  });
  return () => {
    Object.defineProperty(prototype, method, { configurable: true, writable: true, value: original });
  };
}

/** SQLite's codes for what fails: SQLITE_IOERR and SQLITE_FULL (https://www.sqlite.org/rescode.html). */
const CODES = [10, 13];

/**
 * Lets statements fail as if the disk did, the first one after `passed` others, and with `lasting` all that follow.
 * `fired` tells whether it came to that.
 */
export function failStatements(passed: number, lasting: boolean): Disposable & { readonly fired: boolean } {
  let count = 0;
  let fired = false;
  const watching = beforeEachStatement(() => {
    if (count++ < passed || (fired && !lasting)) return;
    fired = true;
    throw Object.assign(new Error('disk failure made by a test'), { errcode: CODES[passed % 2] });
  });
  return {
    get fired() {
      return fired;
    },
    [Symbol.dispose]: () => watching[Symbol.dispose](),
  };
}
