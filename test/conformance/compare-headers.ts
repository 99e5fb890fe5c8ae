import type { IncomingHttpHeaders } from 'node:http';

/** Which header that is due is missing or differs, or undefined. Headers that are not named do not count. */
export function headerDifference(
  due: Readonly<Record<string, string>>,
  got: IncomingHttpHeaders,
  address: string,
): string | undefined {
  for (const [name, value] of Object.entries(due)) {
    const all = got[name];
    const text = Array.isArray(all) ? all.join(', ') : all;
    const fits =
      text !== undefined &&
      (Array.isArray(all) ? all : [text]).some((one) => sameHeader(name, value, one, address));
    if (!fits) return `header ${name}: due ${JSON.stringify(value)}, got ${JSON.stringify(text) ?? 'none'}`;
  }
  return undefined;
}

function sameHeader(name: string, due: string, got: string, address: string): boolean {
  // The "*" of Access-Control-Allow-Origin is its value; everywhere else it stands for any text.
  if (due === '*' && name !== 'access-control-allow-origin') return got !== '';
  switch (name) {
    case 'content-type':
      return mediaType(due) === mediaType(got);
    case 'location':
      return new URL(due, address).pathname === new URL(got, address).pathname;
    case 'set-cookie':
      return sameCookie(due, got);
    default:
      return due === got;
  }
}

function mediaType(value: string): string {
  return (value.split(';')[0] ?? '').trim().toLowerCase();
}

function sameCookie(due: string, got: string): boolean {
  const [duePair, ...dueAttributes] = parts(due);
  const [gotPair, ...gotAttributes] = parts(got);
  if (duePair === undefined || gotPair === undefined) return false;
  const samePair = duePair === 'Jwt=*' ? /^Jwt=[^"]+$/.test(gotPair) : duePair === gotPair;
  const plain = (attributes: string[]) =>
    attributes
      .map((one) => one.toLowerCase())
      .sort()
      .join('; ');
  return samePair && plain(dueAttributes) === plain(gotAttributes);
}

function parts(cookie: string): string[] {
  return cookie.split(';').map((part) => part.trim());
}
