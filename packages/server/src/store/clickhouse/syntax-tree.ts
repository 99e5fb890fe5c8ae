/** A node of a statement's syntax tree, as EXPLAIN AST prints it: a kind, mostly with a name, and what is inside. */
export interface SyntaxNode {
  readonly kind: string;
  readonly name: string;
  /** As it is written behind AS; empty without one. */
  readonly alias: string;
  readonly children: readonly SyntaxNode[];
}

/** The last one: texts may look like one, and stand before it. */
const WITH_ALIAS = /^(.*?) ?\(alias ((?:(?!\(alias ).)*)\)$/;

/** Reads what EXPLAIN AST prints: a line a node, indented by a space a level. The first level is all in one root. */
export function parseTree(text: string): SyntaxNode {
  const root = { kind: '', name: '', alias: '', children: [] as SyntaxNode[] };
  const open: { depth: number; children: SyntaxNode[] }[] = [{ depth: -1, children: root.children }];
  for (const line of text.split('\n')) {
    const [, indent = '', kind, rest = ''] = /^( *)(\w+)(?: (.*?))?(?: \(children \d+\))?$/.exec(line) ?? [];
    if (line === '') continue;
    const [, name = rest, alias = ''] = WITH_ALIAS.exec(rest) ?? [];
    const node = {
      kind: kind ?? `unreadable: ${line}`,
      name,
      alias,
      children: [],
    };
    while ((open.at(-1)?.depth ?? -1) >= indent.length) open.pop();
    open.at(-1)?.children.push(node);
    open.push({ depth: indent.length, children: node.children });
  }
  return root;
}
