import { JsonScanner } from './json-scan.ts';

const scanner = new JsonScanner();

/**
 * One JSON text made fit for every reader: NaN and the infinities, which Python's json writes bare, become the texts
 * "NaN", "Infinity" and "-Infinity"; line breaks and tabs between tokens go, so that a value is one line. Everything
 * else stays as written. Undefined when the text is not JSON even with these three tokens.
 */
export function repairJson(text: string): string | undefined {
  scanner.open(text);
  if (!scanner.isValue()) return undefined;
  return scanner.constants || scanner.controls ? rewriteJson(text) : text;
}

/** The same for a text known to be valid. */
export function rewriteJson(text: string): string {
  // Inside strings such characters are escaped, and between tokens there is always punctuation.
  return quoteConstants(text.replace(/[\n\r\t]+/g, ''));
}

function quoteConstants(text: string): string {
  const parts: string[] = [];
  let kept = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = stringEnd(text, at + 1);
    else if (code === 0x4e || code === 0x49) {
      const end = at + (code === 0x4e ? 'NaN' : 'Infinity').length;
      const start = text.charCodeAt(at - 1) === 0x2d ? at - 1 : at;
      parts.push(text.slice(kept, start), '"', text.slice(start, end), '"');
      kept = end;
      at = end;
    } else at += 1;
  }
  return parts.join('') + text.slice(kept);
}

function stringEnd(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) !== 0x22) at += text.charCodeAt(at) === 0x5c ? 2 : 1;
  return at + 1;
}
