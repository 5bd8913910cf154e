import { describe, expect, it } from 'vitest';
import { createIntake } from '../../../src/simulation/intake.ts';

describe('createIntake', () => {
  it('refuses clients from draining to undraining', () => {
    const intake = createIntake();
    expect([intake.state, intake.refusal]).toEqual(['open', undefined]);
    intake.drain();
    expect([intake.state, intake.refusal?.reason]).toEqual(['drained', 'drained']);
    intake.undrain();
    expect([intake.state, intake.refusal]).toEqual(['open', undefined]);
  });

  it('tells each change once', () => {
    const heard: string[] = [];
    const intake = createIntake(() => heard.push(intake.state));
    for (const order of ['undrain', 'drain', 'drain', 'undrain', 'stop', 'stop', 'undrain'] as const) intake[order]();

    expect(heard).toEqual(['drained', 'open', 'stopping']);
  });

  it('lets nothing take back a stop', () => {
    const intake = createIntake();
    intake.stop();
    intake.undrain();
    intake.drain();
    expect([intake.state, intake.refusal?.text]).toEqual(['stopping', 'The simulation server is being stopped.']);
  });
});
