/** A pause of this process within a line from which on the daemon may rightly give the line up, in milliseconds. */
const TOO_LONG = 80;

/** Attempts at being punctual on a machine that is busy with other things. */
const ATTEMPTS = 6;

/** How long a client was silent at most, the lateness of this process included. */
export class Silence {
  #last = performance.now();
  longest = 0;

  /** To be called when bytes were sent. */
  ended(): void {
    const now = performance.now();
    this.longest = Math.max(this.longest, now - this.#last);
    this.#last = now;
  }
}

/**
 * Runs what must be whole because no pause is long. It is run anew when it fails and this process itself was silent for
 * longer than it meant to be: a line is then torn by right, and nothing is shown.
 */
export async function punctually(run: (silences: Silence[]) => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const silences: Silence[] = [];
    try {
      return await run(silences);
    } catch (error) {
      const longest = Math.max(0, ...silences.map((silence) => silence.longest));
      if (longest < TOO_LONG || attempt === ATTEMPTS) throw error;
    }
  }
}
