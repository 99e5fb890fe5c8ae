import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeadTree } from './lead-tree.ts';

/** Text at the end of a view, as a document stands in its buffer, with the zeros behind it. */
function viewOf(text: string): DataView {
  return new DataView(Uint8Array.from(Buffer.from(text + '\0'.repeat(8), 'latin1')).buffer);
}

/** Adds a lead, its key behind the first quote. */
function add(tree: LeadTree, node: number, lead: string): number {
  return tree.add(node, viewOf(`${lead}1`), 0, lead.indexOf('"'), lead.length);
}

function find(tree: LeadTree, node: number, text: string, at = 0): number {
  return tree.find(node, viewOf(text), at);
}

test('a lead of each length is found, and not when any of its bytes differs', () => {
  const tree = new LeadTree();
  let node = 0;
  for (let length = 4; length <= 67; length += 1) {
    const lead = `"${'k'.repeat(length - 3)}":`;
    node = add(tree, node, lead);
    assert.notEqual(node, 0);
    assert.equal(tree.lengths[node], length);
    assert.equal(tree.keys[node], 0);
  }
  let parent = 0;
  for (let length = 4; length <= 67; length += 1) {
    const lead = `"${'k'.repeat(length - 3)}":`;
    const child = find(tree, parent, `${lead}1`);
    assert.notEqual(child, 0);
    assert.equal(find(tree, parent, `..${lead}1`, 2), child);
    for (let at = 0; at < length; at += 1) {
      assert.equal(find(tree, parent, `${lead.slice(0, at)}!${lead.slice(at + 1)}1`), 0);
      assert.equal(find(tree, parent, lead.slice(0, at)), 0);
    }
    parent = child;
  }
});

test('a lead is one only with its value right behind it', () => {
  const tree = new LeadTree();
  const tight = add(tree, 0, '"ab":');
  const loose = add(tree, 0, '"ab": ');
  for (let round = 0; round < 3; round += 1) {
    assert.equal(find(tree, 0, '"ab":1'), tight);
    assert.equal(find(tree, 0, '"ab": 1'), loose);
    assert.equal(find(tree, 0, '"ab":  1'), 0);
    assert.equal(find(tree, 0, '"ab":\t1'), 0);
    assert.equal(find(tree, 0, '"ab":'), 0);
  }
});

test('children belong to their parents, and all are found in any order', () => {
  const tree = new LeadTree();
  const leads = Array.from('abcdefgh', (letter) => `,"${letter}":`);
  const first = add(tree, 0, ' "first" : ');
  const second = add(tree, 0, '"second":');
  assert.equal(tree.keys[first], 1);
  const children = leads.map((lead) => add(tree, first, lead));
  assert.equal(new Set([0, first, second, ...children]).size, 11);
  for (let round = 0; round < 50; round += 1) {
    const index = (round * 5 + (round >> 3)) % 8;
    assert.equal(find(tree, first, `${leads[index]}1`), children[index]);
    assert.equal(find(tree, second, `${leads[index]}1`), 0);
    assert.equal(find(tree, 0, `${leads[index]}1`), 0);
  }
});

test('what is too short, too long, too deep or one too many is not remembered', () => {
  const tree = new LeadTree();
  assert.equal(add(tree, 0, '"":'), 0);
  assert.notEqual(add(tree, 0, '"a":'), 0);
  assert.notEqual(add(tree, 0, `"${'k'.repeat(77)}":`), 0);
  assert.equal(add(tree, 0, `"${'k'.repeat(78)}":`), 0);
  let node = 0;
  for (let depth = 1; depth <= 64; depth += 1) {
    node = add(tree, node, ',"next":');
    assert.notEqual(node, 0);
  }
  assert.equal(add(tree, node, ',"next":'), 0);
  for (let count = 3; count < 8; count += 1) assert.notEqual(add(tree, 0, `"n${count}":`), 0);
  assert.equal(add(tree, 0, '"ninth":'), 0);
});

/** Fills the tree up to its last node and answers how many it took. */
function fill(tree: LeadTree): number {
  let nodes = 0;
  let level = [0];
  while (level.length > 0) {
    const next: number[] = [];
    for (const parent of level) {
      for (let child = 0; child < 8; child += 1) {
        const node = add(tree, parent, `,"${child}":`);
        if (node === 0) return nodes;
        nodes += 1;
        next.push(node);
      }
    }
    level = next;
  }
  return nodes;
}

test('a full tree waits before it forgets, then begins anew', () => {
  const tree = new LeadTree();
  assert.equal(fill(tree), 2047);
  // The node that found no room above was the first.
  for (let miss = 2; miss < 8192; miss += 1) assert.equal(add(tree, 0, '"other":'), 0);
  assert.equal(tree.generation, 0);
  assert.notEqual(find(tree, 0, ',"3":1'), 0);
  assert.equal(add(tree, 0, '"other":'), 0);
  assert.equal(tree.generation, 1);
  for (let child = 0; child < 8; child += 1) assert.equal(find(tree, 0, `,"${child}":1`), 0);
  const other = add(tree, 0, '"other":');
  assert.equal(find(tree, 0, '"other":1'), other);
  assert.equal(find(tree, other, ',"0":1'), 0);
  assert.equal(fill(tree), 7);
  assert.equal(fill(new LeadTree()), 2047);
});

test('after forgetting, there is room for as many as before, and patience too', () => {
  const tree = new LeadTree();
  for (let round = 1; round <= 3; round += 1) {
    assert.equal(fill(tree), 2047);
    for (let miss = 2; miss <= 8192; miss += 1) {
      assert.equal(tree.generation, round - 1);
      add(tree, 0, '"other":');
    }
    assert.equal(tree.generation, round);
  }
});
