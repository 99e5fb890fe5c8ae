import type { Columns } from './decode.ts';

/** Where bodies are decoded: on the main thread, in the writing thread, or in a thread of its own. */
export const ARRANGEMENTS = ['main', 'writer', 'own'] as const;

export type Arrangement = (typeof ARRANGEMENTS)[number];

/** What the writing thread takes: a body still to be decoded, or the columns of one. */
export type Work = { request: number; body: Uint8Array } | { request: number; columns: Columns };

/** What it answers once the records are durable. */
export type Done = { request: number; stored: number };
