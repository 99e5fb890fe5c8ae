import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';

/** Made by scripts/unicode-names.py, which says what is in it. */
const DATA = new URL('./unicode-names.br', import.meta.url);

/** The parts of Hangul syllables' names, in the order of the syllables (The Unicode Standard, 3.12). */
const LEADS = [
  'G',
  'GG',
  'N',
  'D',
  'DD',
  'R',
  'M',
  'B',
  'BB',
  'S',
  'SS',
  '',
  'J',
  'JJ',
  'C',
  'K',
  'T',
  'P',
  'H',
];
const VOWELS = 'A AE YA YAE EO E YEO YE O WA WAE OE YO U WEO WE WI YU EU YI I'.split(' ');
const TAILS = ['', ...'G GG GS N NJ NH D L LG LM LB LS LT LP LH M B BS S SS NG J C K T P H'.split(' ')];
const FIRST_SYLLABLE = 0xac00;

const HANGUL = /^HANGUL SYLLABLE ([BCDGHJKMNPRST]*)([AEIOUWY]+)([BCDGHJKLMNPST]*)$/;
const IDEOGRAPH = /^CJK UNIFIED IDEOGRAPH-([0-9A-F]{4,5})$/;

interface Names {
  readonly codes: ReadonlyMap<string, number>;
  readonly ideographs: readonly (readonly [first: number, last: number])[];
}

let names: Names | undefined;

function loadNames(): Names {
  const [ranges = '', ...lines] = brotliDecompressSync(readFileSync(DATA)).toString('latin1').split('\n');
  const codes = new Map<string, number>();
  let code = 0;
  for (const line of lines) {
    const end = line.indexOf(';');
    code += Number.parseInt(line.slice(end + 1) || '0', 36);
    codes.set(line.slice(0, end), code);
  }
  const ideographs = ranges.split(' ').map((range) => {
    const [first = '', last = ''] = range.split('-');
    return [Number.parseInt(first, 16), Number.parseInt(last, 16)] as const;
  });
  return { codes, ideographs };
}

/**
 * The code point that Python's `\N{name}` stands for: a name or alias of Unicode 15.1 in any case; the names of Hangul
 * syllables and ideographs, which follow from a rule, in capitals only; no named sequences. Undefined for others.
 */
export function unicodeCharacter(name: string): number | undefined {
  names ??= loadNames();
  return names.codes.get(name.toUpperCase()) ?? syllable(name) ?? ideograph(name, names);
}

function syllable(name: string): number | undefined {
  const parts = HANGUL.exec(name);
  if (parts === null) return undefined;
  const lead = LEADS.indexOf(parts[1] ?? '');
  const vowel = VOWELS.indexOf(parts[2] ?? '');
  const tail = TAILS.indexOf(parts[3] ?? '');
  if (lead < 0 || vowel < 0 || tail < 0) return undefined;
  return FIRST_SYLLABLE + (lead * VOWELS.length + vowel) * TAILS.length + tail;
}

function ideograph(name: string, { ideographs }: Names): number | undefined {
  const digits = IDEOGRAPH.exec(name)?.[1];
  if (digits === undefined) return undefined;
  const code = Number.parseInt(digits, 16);
  return ideographs.some(([first, last]) => code >= first && code <= last) ? code : undefined;
}
