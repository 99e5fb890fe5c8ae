/**
 * A record that cannot be taken, by the client's mistake.
 *
 * `type` and `message` are the ones Chronologer 0.4.5 answers where it answers at all; the server sends them with 400.
 */
export class RecordError extends Error {
  readonly type: 'HTTPError' | 'ModelError' | 'ValueError';

  constructor(type: 'HTTPError' | 'ModelError' | 'ValueError', message: string) {
    super(message);
    this.name = 'RecordError';
    this.type = type;
  }
}

/** The error of every document that is no JSON; the text is part of the API. */
export function invalidJson(): RecordError {
  return new RecordError('HTTPError', 'Invalid JSON document');
}
