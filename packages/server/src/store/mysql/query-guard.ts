import { StoreError } from '../store-error.ts';
import { mayStandBeforeBracket } from './allowed-calls.ts';
import type { Session } from './connection.ts';
import { type Token, TokenError, tokensOf } from './tokens.ts';

/** Words that have no place in an expression over `record`: they lock, write, or read something else. */
const REFUSED_WORDS: ReadonlySet<string> = new Set([
  ...['UNION', 'INTERSECT', 'EXCEPT', 'MINUS', 'INTO', 'OUTFILE', 'DUMPFILE', 'LOCK', 'PROCEDURE', 'TABLE'],
  ...[
    'WITH',
    'RECURSIVE',
    'LATERAL',
    'NEXTVAL',
    'LASTVAL',
    'SETVAL',
    'NEXT',
    'PREVIOUS',
    'PARTITION',
    'VALUES',
    // They need no brackets.
    'CURRENT_USER',
    'CURRENT_ROLE',
  ],
]);

/** Behind these, in a FROM, comes a table. */
const TABLE_COMES: ReadonlySet<string> = new Set(['FROM', 'JOIN', 'STRAIGHT_JOIN']);
/**
 * With these a FROM is over. Only what is a reserved word wherever it stands: a table may be called WINDOW in MySQL 5.7, and
 * be followed by other tables.
 */
const FROM_ENDS: ReadonlySet<string> = new Set(['WHERE', 'GROUP', 'HAVING', 'ORDER', 'LIMIT']);

/** An expression in which OR may stand at the top and so reach over the other filters; 1.5OR needs no blank. */
const MAY_REACH_OVER = /(?:\b|\d)x?or\b|\|\|/i;

/** Characters of a function's name that are told. */
const LONGEST_TOLD = 64;

export function mayReachOver(query: string): boolean {
  return MAY_REACH_OVER.test(query);
}

/**
 * Rejects with a StoreError unless the text is one expression that reads nothing but `record`. What it names is looked
 * through here; that it cannot leave its brackets the server's own parser judges: a text that closes the bracket around
 * it, or goes on behind it, cannot also stand between CASE WHEN and THEN, where no bracket is open; one that leaves that
 * CASE cannot stand in the bracket.
 */
export async function checkExpression(session: Session, expression: string): Promise<void> {
  const { isHarmless, refusedCall } = judged(expression);
  if (refusedCall !== undefined)
    throw new StoreError('query', `The query filter may not call ${refusedCall.slice(0, LONGEST_TOLD)}`);
  if (!isHarmless) throw refused();
  const statements = [
    `SELECT 1 FROM record WHERE (${expression}\n)`,
    `SELECT CASE WHEN ${expression}\n THEN 1 END FROM record`,
  ];
  for (const statement of statements) if ((await session.parse(statement)) !== 0) throw refused();
}

function refused(): StoreError {
  return new StoreError('query', 'Make sure the query filter is a valid WHERE expression');
}

/** Whether an expression names no table but `record`, no variable, and calls only built-in functions that are harmless. */
export function isHarmless(expression: string): boolean {
  return judged(expression).isHarmless;
}

function judged(expression: string): { readonly isHarmless: boolean; readonly refusedCall?: string } {
  try {
    const reader = new Reader(tokensOf(expression));
    const isHarmless = reader.isHarmless();
    return { isHarmless, ...(reader.refusedCall !== undefined && { refusedCall: reader.refusedCall }) };
  } catch (error) {
    if (error instanceof TokenError) return { isHarmless: false };
    throw error;
  }
}

/** A pair of brackets, or what is outside of all. */
interface Level {
  /** A SELECT of its own, whose FROM names tables. */
  isSelect: boolean;
  /** Between FROM and what ends it. */
  inFrom: boolean;
  /** The next token is a table. */
  tableComes: boolean;
}

class Reader {
  /** The function because of which it is not. */
  refusedCall: string | undefined;
  readonly #tokens: readonly Token[];
  readonly #levels: Level[] = [{ isSelect: false, inFrom: false, tableComes: false }];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  isHarmless(): boolean {
    return this.#tokens.every((token, index) => this.#allows(token, index)) && this.#levels.length === 1;
  }

  #allows(token: Token, index: number): boolean {
    const level = this.#levels.at(-1);
    const next = this.#tokens[index + 1];
    if (level === undefined) return false;
    if (token.kind === 'word' && REFUSED_WORDS.has(token.text)) return false;
    if (isSign(next, '(') && this.#isRefusedCall(token, index)) return false;
    if (level.tableComes) return this.#table(token, index, level);
    if (token.kind === 'sign') return this.#sign(token, index, level);
    if (token.kind === 'word') return this.#word(token, index, level);
    return true;
  }

  /** A function of a database, such as sys.something(…) or one of the user's, may do anything. */
  #isRefusedCall(token: Token, index: number): boolean {
    if (token.kind !== 'word' && token.kind !== 'name') return false;
    const [before, inside] = [this.#tokens[index - 1], this.#tokens[index + 2]];
    if (token.kind === 'word' && !isSign(before, '.') && mayStandBeforeBracket(token.text, before, inside))
      return false;
    this.refusedCall = token.text;
    return true;
  }

  /** A table: `record`, a SELECT in brackets, or JSON_TABLE, which reads its argument. */
  #table(token: Token, index: number, level: Level): boolean {
    level.tableComes = false;
    const next = this.#tokens[index + 1];
    if (isSign(token, '(')) return next?.kind === 'word' && next.text === 'SELECT' && this.#open(index);
    if (token.kind === 'word' && token.text === 'JSON_TABLE') return isSign(next, '(');
    const isRecord = token.kind === 'word' ? token.text === 'RECORD' : token.text === 'record';
    return (token.kind === 'word' || token.kind === 'name') && isRecord && !isSign(next, '.');
  }

  #sign(token: Token, index: number, level: Level): boolean {
    if (token.text === ':=') return false;
    if (token.text === '(') return this.#open(index);
    if (token.text === ')') {
      this.#levels.pop();
      return this.#levels.length > 0;
    }
    if (token.text === ',' && level.inFrom) level.tableComes = true;
    return true;
  }

  #word({ text }: Token, index: number, level: Level): boolean {
    // A SELECT stands first in its brackets, or it is none of an expression.
    if (text === 'SELECT') return isSign(this.#tokens[index - 1], '(');
    if (!level.isSelect) return true;
    if (text === 'FOR' || text === 'SHARE') return level.inFrom && text === 'FOR' && this.#isIndexHint(index);
    if (TABLE_COMES.has(text)) {
      level.inFrom = true;
      level.tableComes = true;
    } else if (FROM_ENDS.has(text) && !this.#isInsideFrom(index)) level.inFrom = false;
    return true;
  }

  /** The LIMIT of `t.limit` is a column, and USE INDEX FOR ORDER BY (…) a hint: tables may follow both. */
  #isInsideFrom(index: number): boolean {
    const before = this.#tokens[index - 1];
    return isSign(before, '.') || (before?.kind === 'word' && before.text === 'FOR');
  }

  /** USE INDEX FOR JOIN (…) and not FOR UPDATE. */
  #isIndexHint(index: number): boolean {
    const before = this.#tokens[index - 1];
    return before?.kind === 'word' && (before.text === 'INDEX' || before.text === 'KEY');
  }

  #open(index: number): boolean {
    const first = this.#tokens[index + 1];
    const isSelect = first?.kind === 'word' && first.text === 'SELECT';
    this.#levels.push({ isSelect, inFrom: false, tableComes: false });
    return true;
  }
}

function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === 'sign' && token.text === text;
}
