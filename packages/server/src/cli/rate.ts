/** Characters of a bar. */
const WIDTH = 20;

/** Tells of a work with several parts how far it is, how fast, and how long it will still take. */
export class Rate {
  readonly #now: () => number;
  #what = '';
  #since = 0;
  #begunAt = 0;

  /** `now` in milliseconds, of a clock that does not jump. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Such as `Copying [#####     ] 25 %: 250 of 1000 records, 50 a second, 15 s left`; `done` at most `of`. */
  line(what: string, done: number, of: number): string {
    this.at(what, done);
    const share = of === 0 ? 1 : done / of;
    const bar = '#'.repeat(Math.floor(share * WIDTH)).padEnd(WIDTH);
    const told = `${what} [${bar}] ${Math.floor(100 * share)} %: ${done} of ${of} records`;
    const seconds = (this.#now() - this.#since) / 1000;
    const rate = (done - this.#begunAt) / seconds;
    return rate > 0 && seconds >= 1
      ? `${told}, ${Math.round(rate)} a second, ${duration((of - done) / rate)} left`
      : told;
  }

  /** Notes how far it is; the first call for a part begins it. */
  at(what: string, done: number): void {
    if (what === this.#what) return;
    this.#what = what;
    this.#since = this.#now();
    this.#begunAt = done;
  }
}

/** Seconds as people say them: 7 s, 2 min 5 s, 3 h 20 min. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
