import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Body } from '../ingest/decode.ts';
import { openEngine } from '../store/engines.ts';
import { StoreError } from '../store/store-error.ts';
import type { InsertReply, InsertRequest, WorkerSetup, WriterReply, WriterRequest } from './messages.ts';
import { Retention } from './retention.ts';
import { Tidying } from './tidying.ts';
import { type WaitingGroup, WriteQueue } from './write-queue.ts';

/** Bytes of bodies that are taken from the port for one round at most. */
const ROUND_BYTES = 16_777_216;
/** Bytes of bodies that are worth a round beside another one. */
const LARGE_ROUND = 262_144;

if (parentPort === null) throw new Error('this module is a worker thread');
const port = parentPort;
const setup: WorkerSetup = workerData;
const packers: MessagePort[] = [];

const reply = (message: WriterReply): void => port.postMessage(message);
const writer = await openEngine(setup.dsn).openWriter({ node: setup.node });
const roundBytes = writer.insertBytes ?? ROUND_BYTES;
const queue = new WriteQueue(writer, (message) => reply({ kind: 'log', level: 'error', message }));
const retention = new Retention(writer, setup.retention ?? {}, {
  now: Date.now,
  log: (level, message) => reply({ kind: 'log', level, message }),
});

const tidying = new Tidying(writer, {
  now: Date.now,
  elapsed: () => performance.now(),
  warn: (message) => reply({ kind: 'log', level: 'warn', message }),
});

/** What is stored in one transaction with one sync of the disk. */
interface Round {
  readonly bodies: [number, Body][];
  readonly groups: WaitingGroup[];
  size: number;
  closing: boolean;
}

function addRequest(round: Round, request: WriterRequest): void {
  if (request.kind === 'close') round.closing = true;
  else if (request.kind === 'packer') listenTo(request.port);
  else if (request.kind === 'giveUp') void writer.giveUp?.();
  else {
    round.bodies.push([request.id, request]);
    round.size += request.bytes.byteLength;
  }
}

function listenTo(packer: MessagePort): void {
  packers.push(packer);
  packer.on('message', (request: InsertRequest) => {
    groups.push([packer, request]);
    void run();
  });
}

function addGroup(round: Round, packer: MessagePort, { number, group }: InsertRequest): void {
  const done = (stored: Parameters<WaitingGroup['done']>[0]) => {
    const result =
      stored instanceof StoreError ? { fault: stored.fault, message: stored.message } : { ids: stored };
    packer.postMessage({ number, ...result } satisfies InsertReply);
  };
  round.groups.push({ group, done });
}

/** What arrived and is not in a round yet. */
const requests: WriterRequest[] = [];
const groups: [packer: MessagePort, InsertRequest][] = [];
/** Rounds that are under way. */
let underWay = 0;
let isClosing = false;

/** While as many rounds as may be wait for a store that is elsewhere, what comes gathers for the next one. */
async function run(): Promise<void> {
  while (mayBegin()) {
    underWay++;
    await writer.ready?.();
    await store(takeRound());
    underWay--;
  }
  if (isClosing && underWay === 0) await close();
}

/** Beside another round only a large one: small ones are cheaper together. */
function mayBegin(): boolean {
  if (underWay === 0) return requests.length + groups.length > 0;
  return underWay < (writer.insertsAtOnce ?? 1) && waitingBytes() >= LARGE_ROUND;
}

function waitingBytes(): number {
  return requests.reduce((sum, request) => sum + ('bytes' in request ? request.bytes.byteLength : 0), 0);
}

/** Takes what has arrived by now. */
function takeRound(): Round {
  const round: Round = { bodies: [], groups: [], size: 0, closing: false };
  while (round.size < roundBytes && !round.closing) {
    const request = requests.shift() ?? next<WriterRequest>(port);
    if (request === undefined) break;
    addRequest(round, request);
  }
  for (const [packer, request] of groups.splice(0)) addGroup(round, packer, request);
  for (const packer of packers) {
    for (;;) {
      const request = next<InsertRequest>(packer);
      if (request === undefined) break;
      addGroup(round, packer, request);
    }
  }
  return round;
}

function next<T>(from: MessagePort): T | undefined {
  return receiveMessageOnPort(from)?.message;
}

async function store({ bodies, groups, closing }: Round): Promise<void> {
  if (bodies.length + groups.length > 0) {
    const answers = await queue.write(bodies, groups);
    if (answers.length > 0) reply({ kind: 'written', answers });
  }
  // Freed now and not when the collector comes round: under load that is a hundred megabytes.
  for (const [, { bytes }] of bodies) bytes.buffer.transfer(0);
  isClosing ||= closing;
}

port.on('message', (request: WriterRequest) => {
  // Not in its turn: it is for what is under way.
  if (request.kind === 'giveUp') return void writer.giveUp?.();
  requests.push(request);
  void run();
});

async function close(): Promise<void> {
  retention.stop();
  tidying.stop();
  await writer.close();
  for (const packer of packers) packer.close();
  reply({ kind: 'closed' });
  port.close();
}

try {
  await writer.size();
} catch (error) {
  if (!(error instanceof StoreError)) throw error;
  reply({ kind: 'log', level: 'error', message: `Nothing can be written: ${error.message}` });
}
retention.start();
tidying.start();
reply({ kind: 'ready' });
