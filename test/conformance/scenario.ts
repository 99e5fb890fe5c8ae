import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Json, parseJson } from '../lossless-json.ts';

/** One request and the answer due; the format is described in cases/README.md. */
export type Step = {
  note?: string;
  /** Why this project answers otherwise than Chronologer 0.4.5, where it does. */
  departs?: string;
  request: {
    method: string;
    path: string;
    headers: Record<string, string>;
    body?: string;
    bodyBase64?: string;
    bodyLines?: { repeat: number; line: Record<string, unknown>; then: string[] };
    cookie?: boolean;
  };
  response: {
    status: number;
    headers: Record<string, string>;
    text?: string;
  };
};

export type Scenario = {
  name: string;
  about: string;
  environment: 'development' | 'production';
  env: Record<string, string>;
  files: Record<string, string>;
  /** `json` beside the step that is due to answer it: its numbers are those of the file, to the last digit. */
  steps: { step: Step; json?: Json }[];
};

/** Reads a scenario; its name is the file's, without `.json`. */
export async function readScenario(file: URL): Promise<Scenario> {
  const text = await readFile(file, 'utf8');
  const { about, environment, env, files = {}, steps } = JSON.parse(text);
  const exact = at(parseJson(text), 'steps');
  if (!Array.isArray(exact)) throw new Error(`${file.pathname} has no list of steps`);
  return {
    name: basename(file.pathname, '.json'),
    about,
    environment,
    env,
    files,
    steps: exact.map((one, index) => {
      const json = at(at(one, 'response'), 'json');
      return { step: steps[index], ...(json === undefined ? {} : { json }) };
    }),
  };
}

function at(value: Json | undefined, key: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The bytes that a step sends, if any. */
export function bodyOf({ body, bodyBase64, bodyLines }: Step['request']): Buffer | undefined {
  // Where bytes are given, an empty text may stand beside them.
  if (bodyBase64 !== undefined) return Buffer.from(bodyBase64, 'base64');
  if (body !== undefined) return Buffer.from(body, 'utf8');
  if (bodyLines === undefined) return undefined;
  const { repeat, line, then } = bodyLines;
  const lines = Array.from({ length: repeat }, (_, i) =>
    JSON.stringify({ ...line, created: 1_700_000_000 + i, message: `line ${i}` }),
  );
  return Buffer.from([...lines, ...then].join('\n'), 'utf8');
}

/** What a step is called in a test report. */
export function titleOf({ note, request: { method, path } }: Step, index: number): string {
  const shown = path.length > 100 ? `${path.slice(0, 100)}…` : path;
  return `${index + 1}. ${note ? `${note}: ` : ''}${method} ${shown}`;
}
