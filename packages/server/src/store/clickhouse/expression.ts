import { StoreError } from '../store-error.ts';
import type { Database } from './database.ts';
import { withQueryFaults } from './fault.ts';
import { textLiteral } from './literal.ts';
import { parseTree, type SyntaxNode } from './syntax-tree.ts';

/**
 * Throws a StoreError unless a text is one expression over records. ClickHouse's own parser is the judge, to which the text
 * is data at first and no statement: a text that closes the bracket around it, or goes on behind it, cannot also stand
 * between CASE WHEN and THEN, where no bracket is open; one that leaves that CASE cannot stand in the bracket. Then its
 * syntax tree may have only such parts, tables and functions as read nothing but records.
 */
export async function checkExpression(database: Database, expression: string): Promise<void> {
  if (expression.includes('\0')) throw refused();
  await withQueryFaults(async () => {
    const texts = [
      `SELECT 1 FROM record WHERE (${expression}\n)`,
      `SELECT CASE WHEN ${expression}\n THEN 1 END`,
    ];
    const columns = texts.map((text) => `formatQuery(${textLiteral(text)})`);
    const formatted = await database.read(`SELECT ${columns.join(', ')} FORMAT JSONCompactEachRow`);
    const [statement]: [string] = JSON.parse(formatted.toString('utf8'));
    if (!hasPlainNames(statement)) throw refused();
    const tree = await database.read(`SELECT explain FROM (EXPLAIN AST ${statement}) FORMAT TabSeparatedRaw`);
    if (!isLetThrough(parseTree(tree.toString('utf8')))) throw refused();
  });
}

function refused(): StoreError {
  return new StoreError('query', 'Make sure the query filter is a valid WHERE expression');
}

/** Names that could look like lines of a tree are refused. As formatted, every text is in single quotes. */
function hasPlainNames(statement: string): boolean {
  const withoutTexts = statement.replace(/'(?:[^'\\]|\\.)*'/gs, '');
  const quoted = withoutTexts.match(/`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"/gs) ?? [];
  return quoted.every(
    (name) => /^.[\w .$@/:,()\u0080-\uffff-]*.$/.test(name) && !/\((alias|children) /.test(name),
  );
}

/** Parts of which an expression may be made. Settings, parameters and table functions are none of them. */
const KINDS: ReadonlySet<string> = new Set([
  '',
  ...['Asterisk', 'ArrayJoin', 'ExpressionList', 'Function', 'Identifier', 'Literal', 'OrderByElement'],
  ...[
    'QualifiedAsterisk',
    'SelectQuery',
    'SelectWithUnionQuery',
    'Subquery',
    'TableExpression',
    'TableIdentifier',
  ],
  ...['TableJoin', 'TablesInSelectQuery', 'TablesInSelectQueryElement', 'WindowDefinition', 'WithElement'],
]);

/** The latter stands for no table at all. */
const TABLES: ReadonlySet<string> = new Set(['record', 'system.one']);

/**
 * The table, its columns and the names that our questions give: an alias of a client's that is named like one of them would
 * take its place in the whole question.
 */
const OURS: ReadonlySet<string> = new Set([
  ...[
    'record',
    'record_id',
    'name',
    'ts',
    'level',
    'message',
    'logrec',
    'logrec_form',
    'logrec_text',
    'given',
    'size',
  ],
  ...['bucket', 'second', 'part'],
]);

/** Functions that read files, other tables, the server or its user, that write its log, or that take time on purpose. */
const REFUSED = new RegExp(
  `^(${[
    'file|filesystem\\w*|dict\\w*|joinGet\\w*|hasColumnInTable|executable|catboost\\w*|evalMLMethod|merge',
    'sleep\\w*|get(Setting|ServerSetting|MergeTreeSetting|Macro|ServerPort|OSKernelVersion|ClientHTTPHeader|SubcolumnCount)\\w*',
    'current\\w*|user|session_user|enabled(Profiles|Roles)|default(Profiles|Roles)|database|schema',
    'host_?name|fqdn|fullHostName|server\\w+|tcpPort|uptime|version|buildId|revision|\\w*query_?id|connection_?id',
    'authenticatedUser|authUser|displayName|logTrace|transaction\\w*|getMaxTableName\\w*|tid',
    'addressTo\\w*|demangle|showCertificate|reverseDNSQuery|zookeeper\\w*|zoneId|shardNum|shardCount|ai[A-Z]\\w*',
  ].join('|')})$`,
  'i',
);
/** Functions whose second argument may be the name of a table. */
const MEMBERSHIP = /in(IgnoreSet)?$/i;

/** Aliases in a subquery are its own. */
function isLetThrough({ kind, name, alias, children }: SyntaxNode, isInside = false): boolean {
  if (!KINDS.has(kind)) return false;
  // Those of subcolumns are paths: logrec.data.
  if (!isInside && OURS.has(alias.split('.')[0] ?? '')) return false;
  if (kind === 'Function' && (REFUSED.test(name) || namesTable(name, children))) return false;
  if (kind === 'TableIdentifier' && !TABLES.has(name)) return false;
  const [table] = children;
  if (kind === 'TableExpression' && table?.kind !== 'TableIdentifier' && table?.kind !== 'Subquery')
    return false;
  return children.every((child) => isLetThrough(child, isInside || kind === 'Subquery'));
}

function namesTable(name: string, [list]: readonly SyntaxNode[]): boolean {
  return MEMBERSHIP.test(name) && list?.children[1]?.kind === 'Identifier';
}
