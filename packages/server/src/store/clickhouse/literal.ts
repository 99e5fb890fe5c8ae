/** A name of a database, table or cluster in backquotes. */
export function quotedName(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

/** A text as an expression that can hold nothing but it: unless it is plain, its bytes in hexadecimal digits. */
export function textLiteral(text: string): string {
  if (/^[\w.-]*$/.test(text)) return `'${text}'`;
  return `unhex('${Buffer.from(text).toString('hex')}')`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\0': '\\0' };

/** A field of a row in the format TabSeparated (https://clickhouse.com/docs/interfaces/formats/TabSeparated). */
export function tabSeparated(text: string): string {
  return text.replace(/[\\\t\n\0]/g, (character) => ESCAPES[character] ?? character);
}
