import { describe, expect, it } from 'vitest';
import { INTERNAL_ERROR } from '../../machines/end-reason.ts';
import { exit, fakeProgram, startMachine } from '../fixtures/engine-machine.ts';

const BUG = new Error('a bug');

describe('webotsProcess machine, where a part of it fails by a bug', () => {
  it('reaps what there may be when the program actor throws', async () => {
    const { actor, reaper, failures } = startMachine(fakeProgram(BUG));
    expect(actor.getSnapshot().value).toBe('reaping');

    await reaper.answer();

    expect(failures()).toEqual([['program', BUG]]);
    expect(actor.getSnapshot().output).toMatchObject({ ...INTERNAL_ERROR, cause: BUG, reaped: true });
  });

  it('stops the engine when the check of its port throws', async () => {
    const { actor, program, portCheck, reaper, failures, emitted } = startMachine();
    program.report({ type: 'program.spawned', pid: 7 });
    program.report({ type: 'program.ready' });

    await portCheck.fail(BUG);
    expect(program.signals).toEqual(['SIGTERM']);
    program.report(exit(0));
    await reaper.answer();

    expect(emitted).not.toContainEqual(expect.objectContaining({ type: 'engine.ready' }));
    expect(failures()).toEqual([['portCheck', BUG]]);
    expect(actor.getSnapshot().output).toMatchObject({ ...INTERNAL_ERROR, cause: BUG, exitCode: 0, reaped: true });
  });

  it('says that processes may be left when their end cannot be proved', async () => {
    const { actor, program, reaper, failures } = startMachine();
    program.report({ type: 'program.spawned', pid: 7 });
    program.report(exit(0));

    await reaper.fail(BUG);

    expect(failures()).toEqual([['reaper', BUG]]);
    expect(actor.getSnapshot().output).toMatchObject({ reason: 'engineExited', reaped: false });
  });
});
