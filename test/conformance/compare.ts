import { type Json, showJson } from '../lossless-json.ts';

/** Where and how an answer differs from what is due, or undefined when it agrees. The rules are those of cases/README.md. */
export function difference(due: Json, got: Json | undefined, at = 'the body'): string | undefined {
  if (got === undefined) return `${at}: due ${showJson(due)}, got nothing`;
  if (typeof due === 'string' && due.startsWith('*')) return wildcardDifference(due, got, at);
  if (Array.isArray(due)) return listDifference(due, got, at);
  if (typeof due === 'object' && due !== null) return objectDifference(due, got, at);
  return equalScalars(due, got) ? undefined : unlike(due, got, at);
}

function unlike(due: Json, got: Json, at: string): string {
  return `${at}: due ${showJson(due)}, got ${showJson(got)}`;
}

function equalScalars(due: Json, got: Json): boolean {
  // An integer must come back as one; 1e3 may be written 1000, for as doubles they are the same.
  if (typeof due === 'number')
    return (typeof got === 'number' || typeof got === 'bigint') && Number(got) === due;
  return due === got;
}

function wildcardDifference(due: string, got: Json, at: string): string | undefined {
  const fits =
    due === '*any' ||
    (due === '*' && typeof got === 'string' && got !== '') ||
    (due === '*id' && isId(got)) ||
    due === got;
  return fits ? undefined : unlike(due, got, at);
}

function isId(value: Json | undefined): value is bigint {
  return typeof value === 'bigint' && value > 0n;
}

function listDifference(due: Json[], got: Json, at: string): string | undefined {
  if (!Array.isArray(got)) return unlike(due, got, at);
  if (got.length !== due.length)
    return `${at}: due a list of ${due.length}, got one of ${got.length}: ${showJson(got)}`;
  return first(due.map((item, index) => difference(item, got[index], `${at}[${index}]`)));
}

function objectDifference(due: { [key: string]: Json }, got: Json, at: string): string | undefined {
  const keys = Object.keys(due);
  if (keys.length === 1 && keys[0] === '*ids') return idsDifference(due['*ids'], got, at);
  if (typeof got !== 'object' || got === null || Array.isArray(got)) return unlike(due, got, at);
  const unknown = Object.keys(got).filter((key) => !Object.hasOwn(due, key));
  if (unknown.length > 0) return `${at}: not due but there: ${unknown.join(', ')}`;
  return first(
    keys.map((key) =>
      difference(due[key] ?? null, Object.hasOwn(got, key) ? got[key] : undefined, `${at}.${key}`),
    ),
  );
}

function idsDifference(due: Json | undefined, got: Json, at: string): string | undefined {
  const ascending =
    Array.isArray(got) &&
    BigInt(got.length) === due &&
    got.every((id, index) => isId(id) && (index === 0 || isLess(got[index - 1], id)));
  return ascending ? undefined : `${at}: due ${showJson(due)} ascending ids, got ${showJson(got)}`;
}

function first(differences: readonly (string | undefined)[]): string | undefined {
  return differences.find((found) => found !== undefined);
}

function isLess(one: Json | undefined, other: bigint): boolean {
  return typeof one === 'bigint' && one < other;
}
