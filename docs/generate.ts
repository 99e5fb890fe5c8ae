import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ERRORS } from '../packages/server/src/errors.ts';
import { SETTINGS } from '../packages/server/src/settings.ts';

/** `npm run docs`: writes the pages and tables that are made from the sources. A test fails when one is out of date. */

const GENERATED = '<!-- Made by "npm run docs"; do not edit. -->';

/** A file of the documentation: where it is and what has to be in it. */
export interface Document {
  readonly file: URL;
  readonly text: string;
}

/** Every generated document as it has to be. Throws an Error when the README's markers are missing. */
export function documents(): readonly Document[] {
  const readme = new URL('../README.md', import.meta.url);
  return [
    { file: new URL('settings.md', import.meta.url), text: settingsPage() },
    { file: new URL('errors.md', import.meta.url), text: errorsPage() },
    ...(existsSync(readme)
      ? [{ file: readme, text: between(readFileSync(readme, 'utf8'), 'settings', settingsTable()) }]
      : []),
  ];
}

function settingsPage(): string {
  const all = Object.entries(SETTINGS);
  const names = all.map(([name, { variable }]) => [`\`${name}\``, `\`${variable}\``]);
  return `# Settings
${GENERATED}

Settings are environment variables. None is needed. A value that cannot be read ends the start with exit code 1 and a
message that names the variable, before anything is opened.

${settingsTable()}

An empty variable counts as not set, but for \`CHRONOLOGER_PASSWORD\` and \`CHRONOLOGER_ROLES\`. Numbers may have
fractions only where the table says so. Sizes are bytes, or have a unit: \`k\`, \`M\`, \`G\`, \`T\` (powers of 1,000),
\`Ki\`, \`Mi\`, \`Gi\`, \`Ti\` (powers of 1,024), with or without a \`B\` behind.

## In a module

\`chronologer -c FILE\` takes settings from an ES module: its default export has them by the names below, and they win
over variables. A name that is no setting is refused.

\`\`\`js
export default {
  host: '0.0.0.0',
  port: 8080,
  roles: ['basic-reader', 'query-reader', 'writer'],
  retentionDays: 30,
  bodyLimit: '16MiB',
};
\`\`\`

${table(['name', 'as a variable'], names)}
`;
}

function settingsTable(): string {
  const rows = Object.values(SETTINGS).map((setting) => {
    const { variable, meaning } = setting;
    return [`\`${variable}\``, defaultOf(setting), meaning];
  });
  return table(['variable', 'default', 'meaning'], rows);
}

function defaultOf(setting: { readonly default: unknown; readonly defaultText?: string }): string {
  if (setting.defaultText !== undefined) return setting.defaultText;
  return setting.default === undefined ? '' : `\`${setting.default}\``;
}

function errorsPage(): string {
  const rows = Object.values(ERRORS)
    .toSorted((one, other) => one.status - other.status)
    .map(({ status, type, message }) => [String(status), `\`${type}\``, message.replaceAll('{}', '…')]);
  return `# Errors
${GENERATED}

An error is answered as \`{"error": {"type": "…", "message": "…"}}\`; to HEAD as the headers \`X-Error-Type\` and
\`X-Error-Message\`. A message where … stands says what was wrong with the request, or what failed. An error with status
503 passes: \`Retry-After\` says in how many seconds to try again.

${table(['status', 'type', 'message'], rows)}
`;
}

/** A table in Markdown. A bar in a cell would end it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** `page` with `text` in the place of what is between `<!-- name -->` and `<!-- /name -->`. */
export function between(page: string, name: string, text: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [start, end] = [page.indexOf(open), page.indexOf(close)];
  if (start === -1 || end < start) throw new Error(`README.md has no ${open} … ${close}`);
  return `${page.slice(0, start + open.length)}\n${text}\n${page.slice(end)}`;
}

if (import.meta.main) {
  for (const { file, text } of documents()) writeFileSync(file, text);
}
