/**
 * Loaded into the process of each test file: what it tells the runner is written at once. By default a pipe is written to in
 * the background, and --test-force-exit ends the process before all of it is through: the results of some tests, the skipped
 * among them, were missing (nodejs/node#64833).
 */
type Handle = { setBlocking?(isBlocking: boolean): number };

const { _handle: pipe } = process.stdout as typeof process.stdout & { readonly _handle?: Handle };
pipe?.setBlocking?.(true);
