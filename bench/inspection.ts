/** What inspection costs: while it is off, while it is on, and in memory. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { assign, createActor, setup } from 'xstate';
import { child, type SupervisorRef, startChild, supervisor } from '../machines/supervisor.ts';
import { createInspector } from '../src/inspection/inspector.ts';
import { median, printFigures } from './report.ts';

/** Events of one run, and runs of which the median counts; short ones of both sides alternate, so that what else the machine does falls upon both. */
const EVENTS = 5_000;
const ROUNDS = 1_001;

/** Events that fill the recording several times over. */
const FLOOD = 300_000;

const MB = 1e6;
const MOST_HEAP = 10 * MB;

const switchMachine = setup({
  types: { context: {} as { count: number }, events: {} as { type: 'press' } },
}).createMachine({
  context: { count: 0 },
  initial: 'off',
  states: {
    off: { on: { press: { target: 'on', actions: assign({ count: ({ context }) => context.count + 1 }) } } },
    on: { on: { press: 'off' } },
  },
});

async function start(isAttached: boolean) {
  const root = createActor(supervisor({ now: () => 0 }), { id: 'root' }).start() as unknown as SupervisorRef;
  const inspector = createInspector('0');
  if (isAttached) {
    inspector.attach(root);
    // Was on once, as after an operator's look.
    inspector.turnOn();
    inspector.turnOff();
  }
  const reply = await startChild(root, child({ id: 'switch', src: switchMachine }));
  if (!reply.ok || !reply.ref) throw new Error('Expected the switch to start');
  const { ref } = reply;
  const press = (times: number) => {
    const begin = performance.now();
    for (let index = 0; index < times; index++) ref.send({ type: 'press' });
    return performance.now() - begin;
  };
  return { inspector, press };
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
function heap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

const plain = await start(false);
const attached = await start(true);
for (const { press } of [plain, attached, plain, attached]) press(EVENTS);
const times = { plain: [] as number[], off: [] as number[] };
for (let round = 0; round < ROUNDS; round++) {
  // Each side begins as often as the other.
  const sides = [() => times.plain.push(plain.press(EVENTS)), () => times.off.push(attached.press(EVENTS))];
  for (const side of round % 2 ? sides.reverse() : sides) side();
}
const rate = (ms: number) => `${Math.round(EVENTS / ms)} events/ms`;
const off = median(times.off) / median(times.plain);

const before = heap();
attached.inspector.turnOn();
const on = attached.press(FLOOD) / FLOOD;
const taken = (heap() - before) / MB;
console.log(
  `while on: ${(on * 1_000).toFixed(1)} µs an event, ${attached.inspector.recorder.last} entries made, ${taken.toFixed(1)} MB of heap for ${(attached.inspector.recorder.bytes / MB).toFixed(1)} MB of entries`,
);

const isMet = printFigures([
  {
    name: 'an event while inspection is off, against a system without',
    value: off,
    limit: 1.01,
    unit: '×',
    detail: `${rate(median(times.off))} against ${rate(median(times.plain))}, median of ${ROUNDS} runs`,
  },
  {
    name: 'heap of a full recording, against 10 MB',
    value: (taken * MB) / MOST_HEAP,
    limit: 1,
    unit: '×',
    detail: `${taken.toFixed(1)} MB`,
  },
]);
process.exitCode = isMet ? 0 : 1;
